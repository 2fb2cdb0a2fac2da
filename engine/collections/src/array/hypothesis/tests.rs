//! Tests of hypotheses, against NumPy.

use gristmill_data::Chunk;

use super::*;
use crate::array::testing::{check, refused};
use crate::s;

fn array(chunks: [i64; 2], element: impl Fn(i32) -> f64) -> Array {
    Array::from_chunk(Chunk::from_vec((0..120).map(element).collect(), &[24, 5]).unwrap(), chunks)
}

#[test]
fn tests_are_those_of_scipy() {
    check(include_str!("tests.json"), 1e-12, &[[24, 5], [7, 2], [10, -1]], |chunks| {
        let y = array(chunks, |n| f64::from(n * 11 % 17) / 4.0);
        let other = array([5, 5], |n| f64::from(n * 7 % 19) / 5.0 + 0.3);
        let third = array(chunks, |n| f64::from(n * 5 % 13) / 3.0);
        let counts = array(chunks, |n| f64::from(n * 37 % 23 + 20));
        let mut cases = Vec::new();
        let mut add = |name: String, result: TestResult| {
            cases.push((format!("{name} statistic"), result.statistic));
            cases.push((format!("{name} pvalue"), result.pvalue));
        };
        for (name, axis) in [("None", Axes::from(())), ("0", 0.into()), ("1", 1.into())] {
            let samples = [y.clone(), other.clone(), third.clone()];
            add(format!("ttest_1samp {name}"), y.ttest_1samp(1.7, axis.clone()));
            add(format!("ttest_ind {name}"), y.ttest_ind(&other, axis.clone(), Variances::Equal));
            add(format!("ttest_ind unequal {name}"), y.ttest_ind(&other, axis.clone(), Variances::Unequal));
            add(format!("ttest_rel {name}"), y.ttest_rel(&other, axis.clone()));
            add(format!("chisquare {name}"), counts.chisquare(None, 0, axis.clone()));
            add(format!("f_oneway {name}"), f_oneway(&samples, axis));
        }
        let few = other.slice(s![..9]);
        add("ttest_ind of lengths".to_owned(), y.ttest_ind(&few, 0, Variances::Equal));
        add("chisquare expected".to_owned(), counts.chisquare(Some(&counts.flip(0)), 1, 0));
        add("normaltest None".to_owned(), y.normaltest(()));
        add("normaltest 0".to_owned(), y.normaltest(0));
        cases.push(("normaltest of few".to_owned(), y.normaltest(1).pvalue));
        cases
    });
}

#[test]
fn what_cannot_be_tested_is_refused() {
    let y = array([7, 2], f64::from);
    refused(&f_oneway(&[], 0).pvalue, "two samples");
    refused(&f_oneway(std::slice::from_ref(&y), 0).statistic, "two samples");
    refused(&y.ttest_1samp(0.0, 2).pvalue, "no axis 2");
    refused(&y.ttest_rel(&y.slice(s![1..]), 0).statistic, "broadcast");
    refused(&y.chisquare(Some(&y.slice(s![1..])), 0, 0).pvalue, "broadcast");
}
