//! What is picked of a table says the same of its tasks as the table does.

use proptest::prelude::*;

use crate::TaskTable;
use crate::testing::{any_graph, run_graph};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn picked_tasks_are_what_they_were(graph in any_graph(), picks in prop::collection::vec(any::<u32>(), 0..9)) {
        let wanted: Vec<_> = run_graph(&graph).into_keys().collect();
        let table = graph.optimize(&wanted).unwrap();
        let ids: Vec<u32> = picks.iter().map(|pick| pick % (table.len() as u32).max(1)).collect();
        let picked = table.pick(&ids);
        let bytes = serde_json::to_vec(&picked).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<TaskTable>(&bytes).unwrap(), &picked, "and so does its text");
        prop_assert_eq!(picked.len(), ids.len());
        for (row, &id) in (0..).zip(&ids) {
            prop_assert_eq!(picked.keys[row as usize], table.keys[id as usize]);
            prop_assert_eq!(picked.family_of(row), table.family_of(id));
            prop_assert_eq!(picked.steps(row), table.steps(id));
            for step in 0..table.steps(id).len() as u32 {
                let operands: Vec<_> = picked.operands(row, step).collect();
                prop_assert_eq!(operands, table.operands(id, step).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn tasks_that_are_not_there_are_left_out() {
    assert!(TaskTable::default().pick(&[0, 7]).is_empty());
}
