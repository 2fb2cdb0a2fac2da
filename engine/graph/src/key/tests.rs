//! Keys must never change by accident: these values were computed by a separate program, from the format's description.

use crate::{Arg, Digest, Error, Export, Function, Key};

fn golden(text: &str) -> Key {
    text.parse().unwrap()
}

fn range() -> Key {
    Key::of(&Function::kernel("range", 1), &[Arg::Param(0)], &[Arg::UInt(7)], &[])
}

#[test]
fn golden_values() {
    assert_eq!(range(), golden("9ae059226522510bee2662a4b0c3c355bbcd48ca3f816a95ceb99c985eb38685"));
    let digest = Digest::of(b"component");
    assert_eq!(digest.to_string(), "509c294dcd988ac7559ae9d86fde70b7c5a0b46372f9b22eee9ad1e464d827bf");
    let call = Function::Component { digest, export: Export::Call("mean".into()) };
    let args = [
        Arg::Null,
        Arg::Boolean(true),
        Arg::Int(-1),
        Arg::UInt(u64::MAX),
        Arg::Float(0.5),
        Arg::text("größer"),
        Arg::Bytes([0, 255].as_slice().into()),
        Arg::Input(0),
        Arg::Inputs,
        Arg::Param(0),
        Arg::List(vec![Arg::Int(1), Arg::List(vec![])]),
        Arg::map([("b", Arg::Float(-0.0)), ("a", Arg::Null)]),
    ];
    let key = Key::of(&call, &args, &[Arg::text("x")], &[range(), range()]);
    assert_eq!(key, golden("c0520bc319cc49eb586ebd26b26250ba184254d095360bf7178228d5d1a3b688"));
    let read = Function::Component { digest, export: Export::Read("csv".into()) };
    assert_eq!(
        Key::of(&read, &[], &[], &[]),
        golden("a353e32ace630621c39c95b894c9002bc25e377b44c33af11c13c157a2e307a8")
    );
}

#[test]
fn every_part_of_a_task_counts() {
    let function = Function::kernel("f", 1);
    let one = [range()];
    let two = [range(), range()];
    let keys = [
        Key::of(&function, &[], &[], &[]),
        Key::of(&Function::kernel("f", 2), &[], &[], &[]),
        Key::of(&Function::Native { name: "f".into(), id: 1 }, &[], &[], &[]),
        Key::of(&Function::Native { name: "f".into(), id: 2 }, &[], &[], &[]),
        Key::of(&function, &[Arg::Int(1)], &[], &[]),
        Key::of(&function, &[Arg::UInt(1)], &[], &[]),
        Key::of(&function, &[Arg::Float(1.0)], &[], &[]),
        Key::of(&function, &[Arg::text("1")], &[], &[]),
        Key::of(&function, &[Arg::text("1"), Arg::text("2")], &[], &[]),
        Key::of(&function, &[Arg::text("12"), Arg::text("")], &[], &[]),
        Key::of(&function, &[Arg::List(vec![Arg::text("1"), Arg::text("2")])], &[], &[]),
        Key::of(&function, &[], &[Arg::Int(1)], &[]),
        Key::of(&function, &[], &[], &one),
        Key::of(&function, &[], &[], &two),
    ];
    for (i, key) in keys.iter().enumerate() {
        assert!(!keys[..i].contains(key), "case {i} has a key of its own");
    }
}

#[test]
fn all_nans_are_one_literal() {
    let key = |value: f64| Key::of(&Function::identity(), &[Arg::Float(value)], &[], &[]);
    assert_eq!(key(f64::NAN), key(-f64::NAN));
    assert_ne!(key(0.0), key(-0.0));
}

#[test]
fn text_round_trip() {
    let key = range();
    assert_eq!(key.to_string().parse(), Ok(key));
    assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
    assert_eq!(key.short(), "9ae059226522");
    assert_eq!(format!("{key:?}"), "Key(9ae059226522)");
    let json = serde_json::to_string(&key).unwrap();
    assert_eq!(serde_json::from_str::<Key>(&json).unwrap(), key);
    for wrong in ["", "9ae0", &"g".repeat(64), &"ä".repeat(32), &"0".repeat(65)] {
        assert!(matches!(wrong.parse::<Key>(), Err(Error::Hex { what: "key", .. })), "{wrong}");
    }
}
