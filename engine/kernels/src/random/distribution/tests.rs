//! The text form, and parameters that no distribution has.

use proptest::prelude::*;

use super::*;

#[test]
fn texts() {
    let check = |text: &str, expect: &str| {
        let parsed: Result<Distribution, Error> = text.parse();
        match parsed {
            Ok(distribution) => assert_eq!(distribution.to_string(), expect, "{text}"),
            Err(error) => assert!(error.to_string().contains(expect), "{text}: {error}"),
        }
    };
    check("normal(0,1)", "normal(0,1)");
    check(" normal ( 0.50 , 1e3 ) ", "normal(0.5,1000)");
    check("uniform(-0.1,1e300)", "uniform(-0.1,1e300)");
    check("integers(-170141183460469231731687303715884105728,0)", "at most 2^64");
    check(
        "integers(-9223372036854775808,9223372036854775808)",
        "integers(-9223372036854775808,9223372036854775808)",
    );
    check("bits()", "bits()");
    check("bits( )", "bits()");
    check("binomial(10,0.5)", "binomial(10,0.5)");
    check("normal", "`normal` is no distribution: it is not a name with parameters in parentheses");
    check("normal(0)", "it is normal(mean,std), and 1 parameters were given");
    check("normal(0,x)", "`x` is no number");
    check("normal(,)", "`` is no number");
    check("bits(1)", "it is bits()");
    check("binomial(-1,0.5)", "`-1` is no integer in range");
    check("gauss(0,1)", "there are bits, integers, uniform, normal, lognormal");
    check(&"ä".repeat(100), &format!("`{}`", "ä".repeat(40)));
}

#[test]
fn parameters_that_are_refused() {
    let check = |text: &str, expect: &str| {
        let error = text.parse::<Distribution>().unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    };
    check("normal(0,-1)", "`std` of the distribution `normal` is -1; it must be finite and not negative");
    check("normal(nan,1)", "`mean` of the distribution `normal` is NaN; it must be finite");
    check("normal(0,inf)", "`std`");
    check("lognormal(0,-1)", "`sigma`");
    check("uniform(1,0)", "`high` of the distribution `uniform` is 0; it must be finite and not below low");
    check("uniform(-1e308,1e308)", "`high`");
    check("uniform(-inf,0)", "`low`");
    check("integers(5,5)", "`high` of the distribution `integers` is 5; it must be above low");
    check("integers(0,18446744073709551617)", "at most 2^64");
    check("exponential(-1)", "`scale`");
    check("rayleigh(nan)", "`scale`");
    check("gamma(0,1)", "`shape` of the distribution `gamma` is 0; it must be finite and above 0");
    check("gamma(1,-1)", "`scale`");
    check("beta(0,1)", "`a`");
    check("beta(1,inf)", "`b`");
    check("chisquare(0)", "`df`");
    check("standard_t(-1)", "`df`");
    check("cauchy(inf,1)", "`loc`");
    check("laplace(0,-1)", "`scale`");
    check("logistic(0,-1)", "`scale`");
    check("gumbel(0,-1)", "`scale`");
    check("weibull(0)", "`a`");
    check("pareto(nan)", "`a`");
    check("triangular(1,0,2)", "`mode` of the distribution `triangular` is 0; it must be not below left");
    check("triangular(0,2,1)", "`right`");
    check("triangular(1,1,1)", "`right`");
    check("triangular(nan,1,1)", "`left`");
    check("bernoulli(1.5)", "`p` of the distribution `bernoulli` is 1.5; it must be between 0 and 1");
    check("binomial(3,nan)", "`p`");
    check("binomial(9223372036854775808,0.5)", "`n`");
    check("geometric(0)", "`p` of the distribution `geometric` is 0; it must be above 0");
    check("poisson(-1)", "`lam`");
    check("poisson(1e19)", "`lam`");
}

proptest! {
    #[test]
    fn numbers_are_read_back_exactly(mean in any::<f64>(), low in any::<i64>(), n in 1..=1_u128 << 64) {
        prop_assume!(mean.is_finite());
        let normal = Distribution::Normal { mean, std: mean.abs() };
        let read: Distribution = normal.to_string().parse().unwrap();
        prop_assert_eq!(read, normal);
        prop_assert!(normal.to_string().len() < 60);
        let integers = Distribution::Integers { low: low.into(), high: i128::from(low) + n as i128 };
        prop_assert_eq!(integers.to_string().parse::<Distribution>().unwrap(), integers);
    }

    #[test]
    fn no_text_panics(text in "[a-z]{0,4}(normal|beta|bits)?[(]?[-0-9.e,inf]{0,8}[)]?") {
        let _ = text.parse::<Distribution>();
    }
}
