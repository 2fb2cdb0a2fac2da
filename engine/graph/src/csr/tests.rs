//! Rows keep their values, and rows from outside are checked.

use crate::Csr;

#[test]
fn rows_keep_their_values() {
    let csr = Csr::from_rows([vec![1, 2], vec![], vec![3]]).unwrap();
    assert_eq!(csr.rows().collect::<Vec<_>>(), [&[1, 2][..], &[], &[3]]);
    assert_eq!((csr.len(), csr.values()), (3, &[1, 2, 3][..]));
    assert_eq!(csr.row(3), &[0; 0], "a row that does not exist is empty");
}

#[test]
fn rows_from_outside_are_checked() {
    let good = r#"{"ends":[2,2,3],"values":[1,2,3]}"#;
    let csr: Csr<u8> = serde_json::from_str(good).unwrap();
    assert_eq!(serde_json::to_string(&csr).unwrap(), good);
    for bad in [
        r#"{"ends":[2,1,3],"values":[1,2,3]}"#,
        r#"{"ends":[2,4],"values":[1,2,3]}"#,
        r#"{"ends":[],"values":[1]}"#,
        r#"{"ends":[1],"values":[1,2]}"#,
    ] {
        let error = serde_json::from_str::<Csr<u8>>(bad).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
