//! What is done with tables, in methods and in SQL.

use crate::tests::{csv, frame, sorted_csv};
use crate::{ColumnExt, DataFrame, Join, Session, coalesce, col, if_else, len, lit};

const FLIGHTS: &str = "hour,carrier,delay\n5,AA,10\n5,UA,20\n6,AA,-2\n6,,4\n7,UA,\n";

#[test]
fn columns_are_chosen_computed_renamed_and_dropped() {
    let flights = frame(FLIGHTS);
    let minutes = flights.select([col("hour") * lit(60), col("delay").alias("late")]);
    assert_eq!(minutes.columns().unwrap(), ["hour", "late"]);
    let named = flights
        .with_column("minute", col("hour") * lit(60))
        .with_columns([(col("delay") + lit(1)).alias("delay"), col("delay").alias("old")])
        .drop(&["carrier", "hour"])
        .rename("minute", "m");
    assert_eq!(
        csv(&named.filter(col("m").eq(lit(300))).sort(["old"])),
        "delay,m,old\n11,300,10\n21,300,20\n"
    );
    let kind = if_else(col("delay").gt(lit(0)), lit("late"), lit("early")).alias("kind");
    let counted = flights.dropna(&["delay"]).select([kind]).group_by(["kind"]).count().sort(["kind"]);
    assert_eq!(csv(&counted), "kind,len\nearly,1\nlate,3\n");
}

#[test]
fn groups_are_reduced_and_computed_of_reductions() {
    let flights = frame(FLIGHTS);
    let by = flights.group_by(["carrier"]);
    let told = by.agg([
        col("delay").sum(),
        len(),
        (col("delay").sum() / col("delay").count()).alias("mean"),
        col("delay").max().alias("worst"),
    ]);
    // A null is a group of its own, and no number of a sum.
    assert_eq!(sorted_csv(&told), [",4,1,4,4", "AA,8,2,4,10", "UA,20,2,20,20"]);
    assert_eq!(sorted_csv(&by.mean()), [",6.0,4.0", "AA,5.5,4.0", "UA,6.0,20.0"]);
    let all = flights.agg([col("delay").n_unique(), col("delay").median(), col("delay").quantile(0.25)]);
    assert!(all.check().is_err(), "two columns of one name are a mistake");
    let all = flights.agg([
        col("delay").n_unique().alias("n"),
        col("delay").median().alias("m"),
        col("delay").quantile(0.25).alias("q"),
        col("delay").std().round(6).alias("s"),
    ]);
    assert_eq!(csv(&all), "n,m,q,s\n4,7.0,2.5,9.380832\n");
}

#[test]
fn windows_see_their_rows_in_order() {
    let days = frame("day,x\n1,1\n2,2\n3,\n4,8\n");
    let seen = days.select([
        col("day"),
        col("x").mean().rolling(2, col("day")).alias("rolling"),
        col("x").cum_sum(col("day")).alias("sum"),
        col("x").shift(1, col("day")).alias("before"),
        col("x").diff(1, col("day")).alias("diff"),
        col("x").ffill(col("day")).alias("filled"),
        col("x").rank().alias("rank"),
        col("x").sum().over([col("day") % lit(2)]).alias("half"),
    ]);
    let expected = "day,rolling,sum,before,diff,filled,rank,half\n1,1.0,1,,,1,1,1\n2,1.5,3,1,1,2,2,10\n3,2.0,3,2,,2,4,1\n4,8.0,11,,,8,3,10\n";
    assert_eq!(csv(&seen.sort(["day"])), expected);
    let numbered = days.with_row_index("n", col("day") * lit(-1)).sort(["n"]).select(["n", "day"]);
    assert_eq!(csv(&numbered), "n,day\n0,4\n1,3\n2,2\n3,1\n");
}

#[test]
fn windows_keep_what_a_reduction_is() {
    let rows = frame("g,t,x\n1,1,a\n1,2,a\n1,3,\n2,1,b\n2,2,c\n");
    let seen = rows.select([
        col("g"),
        col("t"),
        col("x").n_unique().over([col("g")]).alias("n"),
        col("x").first_by(col("t") * lit(-1)).over([col("g")]).alias("last"),
        col("t").shift(1, col("t")).over([col("g")]).alias("before"),
        col("x").ffill(col("t")).over([col("g")]).alias("filled"),
        col("t").diff(1, col("t")).over([col("g")]).alias("diff"),
    ]);
    let expected =
        "g,t,n,last,before,filled,diff\n1,1,1,,,a,\n1,2,1,,1,a,1\n1,3,1,,2,a,1\n2,1,2,c,,b,\n2,2,2,c,1,c,1\n";
    assert_eq!(csv(&seen.sort(["g", "t"])), expected);
}

#[test]
fn functions_of_the_moment_have_one_and_a_key_of_their_own() {
    let mut session = Session::new();
    session.register("t", &frame("a\n1\n2\n")).unwrap();
    let asked = session
        .sql("SELECT count(DISTINCT now()) AS n, bool_and(now() > TIMESTAMP '2026-01-01') AS later FROM t");
    assert_eq!(csv(&asked), "n,later\n1,true\n");
    let args = |sql: &str| {
        let call = session.sql(sql).to_delayed().unwrap();
        let program = gristmill_collections::Program::of(&[call]).unwrap();
        let table = program.graph.materialize(&program.wanted).unwrap();
        table.keys.clone()
    };
    assert_eq!(args("SELECT a + 1 FROM t"), args("SELECT a + 1 FROM t"));
    assert_ne!(args("SELECT random() FROM t"), args("SELECT random() FROM t"));
    let nested = "SELECT a FROM t WHERE a IN (SELECT a FROM t WHERE a > 1)";
    assert_eq!(args(nested), args(nested));
    assert_eq!(csv(&session.sql("SELECT a FROM t WHERE 1 = 0 AND a IN (SELECT a FROM t)")), "a\n");
}

#[test]
fn long_chains_are_one_query_as_far_as_they_can_be() {
    let rows = frame("a\n1\n");
    let chain = (0..200).fold(rows.clone(), |rows, n| rows.with_column("a", col("a") + lit(n)));
    assert_eq!(csv(&chain), format!("a\n{}\n", 1 + 199 * 200 / 2));
    // The same again and again is not once.
    let repeated = (0..15).fold(rows.clone(), |rows, _| rows.with_column("a", col("a") + lit(1)));
    assert_eq!(csv(&repeated), "a\n16\n");
    let other = (0..5).fold(rows.clone(), |rows, _| {
        rows.with_column("a", col("a") * lit(2)).with_column("b", col("a")).filter(col("b").gt(lit(0)))
    });
    assert_eq!(csv(&other), "a,b\n32,32\n");
    let mut session = Session::new();
    session.register("t", &rows).unwrap();
    let thrice = "SELECT a + 1 AS a FROM (SELECT a + 1 AS a FROM (SELECT a + 1 AS a FROM t))";
    assert_eq!(csv(&session.sql(thrice)), "a\n4\n");
    let many: Vec<DataFrame> = (0..100).map(|n| rows.with_column("a", lit(n))).collect();
    assert_eq!(csv(&DataFrame::concat(&many).agg([col("a").sum()])), "a\n4950\n");
    let joins = (0..60).fold(rows.clone(), |all, _| all.join(&rows, &["a"], Join::Inner));
    let told = joins.to_delayed().map(drop).unwrap_err().to_string();
    assert!(told.contains("can be one query"), "{told}");
}

#[test]
fn joins_keep_the_rows_that_they_name() {
    let left = frame("k,x\n1,a\n2,b\n3,c\n,d\n");
    let right = frame("k,x\n1,A\n1,B\n4,D\n,E\n");
    let joined = |how| sorted_csv(&left.join(&right, &["k"], how));
    assert_eq!(left.join(&right, &["k"], Join::Inner).columns().unwrap(), ["k", "x", "x_right"]);
    assert_eq!(joined(Join::Inner), ["1,a,A", "1,a,B"]);
    assert_eq!(joined(Join::Left), [",d,", "1,a,A", "1,a,B", "2,b,", "3,c,"]);
    assert_eq!(joined(Join::Right), [",,E", "1,a,A", "1,a,B", "4,,D"]);
    assert_eq!(joined(Join::Full), [",,E", ",d,", "1,a,A", "1,a,B", "2,b,", "3,c,", "4,,D"]);
    assert_eq!(joined(Join::Semi), ["1,a"]);
    assert_eq!(joined(Join::Anti), [",d", "2,b", "3,c"]);
    // The same table on both sides, by a column that is called otherwise.
    let other = right.rename("k", "id");
    assert_eq!(sorted_csv(&left.join_on(&other, &["k"], &["id"], Join::Inner)), ["1,a,A", "1,a,B"]);
    assert_eq!(
        sorted_csv(&left.join(&left, &["x"], Join::Inner)),
        ["1,a,1", "2,b,2", "3,c,3", ",d,"]
            .map(String::from)
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(sorted_csv(&left.cross_join(&right)).len(), 16);
    let told = left.join(&right, &["nothing"], Join::Inner).check().unwrap_err().to_string();
    assert!(told.contains("no column `nothing`; there are k, x"), "{told}");
}

#[test]
fn rows_are_put_together_and_told_apart() {
    let one = frame("a,b\n1,x\n1,x\n2,y\n");
    let other = frame("b,c\nz,5\n");
    let all = DataFrame::concat(&[one.clone(), other]);
    assert_eq!(all.columns().unwrap(), ["a", "b", "c"]);
    assert_eq!(sorted_csv(&all), [",z,5", "1,x,", "1,x,", "2,y,"]);
    assert_eq!(sorted_csv(&one.drop_duplicates(&[])), ["1,x", "2,y"]);
    assert_eq!(sorted_csv(&all.select(["b"]).drop_duplicates(&["b"])), ["x", "y", "z"]);
    assert_eq!(
        sorted_csv(&frame(FLIGHTS).first_by(&["hour"], col("delay"))),
        ["5,AA,10", "6,AA,-2", "7,UA,"]
    );
    assert_eq!(csv(&one.value_counts("b")), "b,count\nx,2\ny,1\n");
}

#[test]
fn absent_values_are_filled_dropped_and_told_from_nan() {
    let flights = frame(FLIGHTS);
    assert_eq!(sorted_csv(&flights.fillna(0)), ["5,AA,10", "5,UA,20", "6,,4", "6,AA,-2", "7,UA,0"]);
    // A column stays what it is: what does not fit is not filled in.
    let small = frame("a,b\n1,x\n,\n").with_column("a", col("a").astype(gristmill_data::ColumnType::Int8));
    assert_eq!(small.fillna(1_000).schema().unwrap(), small.schema().unwrap());
    assert_eq!(sorted_csv(&small.fillna(1_000)), [",", "1,x"]);
    assert_eq!(sorted_csv(&small.fillna(7.0)), ["1,x", "7,"]);
    assert_eq!(sorted_csv(&flights.fillna("?").select(["carrier"])), ["?", "AA", "AA", "UA", "UA"]);
    assert_eq!(sorted_csv(&flights.dropna(&[])).len(), 3);
    assert_eq!(sorted_csv(&flights.dropna(&["delay"])).len(), 4);
    let ratio = frame("a,b\n0.0,0.0\n1.0,2.0\n").select([(col("a") / col("b")).alias("r")]);
    assert_eq!(sorted_csv(&ratio), ["0.5", "NaN"]);
    assert_eq!(csv(&ratio.agg([col("r").count()])), "r\n2\n");
    assert_eq!(csv(&ratio.nan_to_null().agg([col("r").count()])), "r\n1\n");
    let clipped = flights.select([col("delay").clip(lit(0), lit(15)).alias("c")]);
    assert_eq!(sorted_csv(&clipped.fillna(-9)), ["-9", "0", "10", "15", "4"]);
    let first = flights.select([coalesce([col("delay"), col("hour")]).alias("x")]);
    assert_eq!(sorted_csv(&first), ["-2", "10", "20", "4", "7"]);
}

#[test]
fn columns_become_rows_and_rows_columns() {
    let months = frame("month,carrier,delay\n1,AA,2\n1,AA,4\n1,UA,5\n2,UA,7\n");
    let wide = months.pivot(["month"], "carrier", ["AA", "UA"], col("delay"), ColumnExt::mean);
    assert_eq!(csv(&wide.sort(["month"])), "month,AA,UA\n1,3.0,5.0\n2,,7.0\n");
    let first =
        months.pivot(["month"], "carrier", ["AA", "UA"], col("delay"), |delay| delay.first_by(col("delay")));
    assert_eq!(csv(&first.sort(["month"])), "month,AA,UA\n1,2,5\n2,,7\n");
    let long = wide.melt(&["month"], &["AA", "UA"]);
    assert_eq!(sorted_csv(&long), ["1,AA,3.0", "1,UA,5.0", "2,AA,", "2,UA,7.0"]);
    let words = frame("id,text\n1,a b\n2,c\n3,\n").with_column("word", col("text").str().split(" "));
    assert_eq!(sorted_csv(&words.explode("word").select(["id", "word"])), ["1,a", "1,b", "2,c", "3,"]);
    let told = frame("x,name\n1,a\n2,b\n3,c\n4,\n").describe();
    let expected = "statistic,x\ncount,4.0\nmean,2.5\nstd,1.2909944487358056\nmin,1.0\n25%,1.75\n50%,2.5\n75%,3.25\nmax,4.0\n";
    assert_eq!(csv(&told), expected);
}

#[test]
fn texts_and_moments_have_functions() {
    let names = frame("name\n Ada Lovelace \nalan turing\n\n").with_column("name", col("name").str().strip());
    let text = |made: crate::Expr| sorted_csv(&names.select([made.alias("t")]).dropna(&[]));
    assert_eq!(text(col("name").str().title()), ["Ada Lovelace", "Alan Turing"]);
    assert_eq!(text(col("name").str().part(" ", 1).str().upper()), ["LOVELACE", "TURING"]);
    assert_eq!(text(col("name").str().find("a")), ["0", "2"]);
    assert_eq!(text(col("name").str().extract("([a-z]+)$")), ["ovelace", "turing"]);
    assert_eq!(text(col("name").str().replace_matches("[aeiou]", "")), ["Ad Lvlc", "ln trng"]);
    assert_eq!(text(col("name").str().slice(0, 2).str().lpad(4, "*")), ["**Ad", "**al"]);
    assert_eq!(text(col("name").str().contains("Love")), ["false", "true"]);
    let at = frame("at\n2016-01-31T07:45:10\n2016-03-01T23:59:59.5\n");
    let time = |made: crate::Expr| sorted_csv(&at.select([made.alias("t")]));
    assert_eq!(time(col("at").dt().hour()), ["23", "7"]);
    assert_eq!(time(col("at").dt().day_of_week()), ["1", "6"]);
    assert_eq!(time(col("at").dt().date()), ["2016-01-31", "2016-03-01"]);
    assert_eq!(time(col("at").dt().floor("15min").dt().strftime("%H:%M")), ["07:45", "23:45"]);
    assert_eq!(time(col("at").dt().floor("1w").dt().date()), ["2016-01-25", "2016-02-29"]);
    assert_eq!(time(col("at").dt().floor("1mo").dt().date()), ["2016-01-01", "2016-03-01"]);
    let told = at.resample("at", "1 fortnight").count().check().unwrap_err().to_string();
    assert!(told.contains("no length of time"), "{told}");
    let counted = at.resample("at", "1y").count();
    assert_eq!(csv(&counted), "at,len\n2016-01-01T00:00:00,2\n");
    let kinds = frame("n,name\n1,b\n2,a\n3,\n").select([col("name").categorize().codes().alias("code")]);
    assert_eq!(sorted_csv(&kinds), ["-1", "0", "1"]);
}

#[test]
fn some_rows_are_the_same_wherever_they_are_drawn() {
    let text: String = (0..2_000).map(|n| format!("{n},{}\n", n % 7)).collect();
    let numbers = frame(&format!("n,m\n{text}"));
    let drawn = sorted_csv(&numbers.sample(0.25, 1));
    assert!((400..600).contains(&drawn.len()), "{} of 2000", drawn.len());
    assert_eq!(drawn, sorted_csv(&numbers.sample(0.25, 1)));
    assert_ne!(drawn, sorted_csv(&numbers.sample(0.25, 2)));
    assert_eq!(csv(&numbers.nlargest(2, "n")), "n,m\n1999,4\n1998,3\n");
    assert_eq!(csv(&numbers.sort(["n"]).slice(10, 2)), "n,m\n10,3\n11,4\n");
}

#[test]
fn sql_and_methods_make_the_same_of_the_same_tables() {
    let mut session = Session::new();
    session.register("flights", &frame(FLIGHTS)).unwrap();
    session.register("Names", &frame("code,Full\nAA,American\nUA,United\n")).unwrap();
    let asked = session.sql(
        "SELECT Full, avg(delay) AS mean FROM flights JOIN Names ON carrier = code GROUP BY Full ORDER BY Full",
    );
    assert_eq!(csv(&asked), "Full,mean\nAmerican,4.0\nUnited,20.0\n");
    // A query is a frame as others are.
    let more = asked.with_column("twice", col("mean") * lit(2)).filter(col("Full").eq(lit("United")));
    assert_eq!(csv(&more), "Full,mean,twice\nUnited,20.0,40.0\n");
    let explained = asked.explain().unwrap();
    assert!(explained.contains("results of tasks") && explained.contains("HashJoinExec"), "{explained}");
    let refused = |sql: &str| session.sql(sql).check().unwrap_err().to_string();
    assert!(refused("SELECT dely FROM flights").contains("delay"), "{}", refused("SELECT dely FROM flights"));
    assert!(refused("SELECT 1 FROM nowhere").contains("nowhere"));
    assert!(refused("SELEKT 1").contains("SELEKT"));
    for statement in [
        "CREATE TABLE u AS SELECT 1",
        "DROP TABLE flights",
        "INSERT INTO flights VALUES (1, 'a', 2)",
        "SET x = 1",
    ] {
        refused(statement);
    }
}
