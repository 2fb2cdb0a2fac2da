//! Loops that end: every turn of every loop takes from one counter, and without any left a loop breaks.

use naga::{
    AddressSpace, Arena, BinaryOperator, Block, Expression, Function, GlobalVariable, Handle, Literal,
    Module, Range, Scalar, Span, Statement, Type, TypeInner,
};

/// The counter: one for each invocation, which `map` fills before each element.
pub(super) const FUEL: &str = "user_fuel";

/// Rewrites all loops of a module, of functions that are not called too; how many there are.
pub(super) fn meter(module: &mut Module) -> usize {
    let n_loops = module.functions.iter().map(|(_, function)| n_loops(&function.body)).sum();
    if n_loops == 0 {
        return 0;
    }
    let word = Type { name: None, inner: TypeInner::Scalar(Scalar::U32) };
    let ty = module.types.insert(word, Span::UNDEFINED);
    let variable = GlobalVariable {
        name: Some(FUEL.to_owned()),
        space: AddressSpace::Private,
        binding: None,
        ty,
        init: None,
        memory_decorations: Default::default(),
    };
    let fuel = module.global_variables.append(variable, Span::UNDEFINED);
    for (_, Function { body, expressions, .. }) in module.functions.iter_mut() {
        meter_block(body, expressions, fuel);
    }
    n_loops
}

pub(super) fn n_loops(block: &Block) -> usize {
    let in_one = |statement: &Statement| {
        let inner: usize = super::check::blocks(statement).into_iter().map(n_loops).sum();
        inner + usize::from(matches!(statement, Statement::Loop { .. }))
    };
    block.iter().map(in_one).sum()
}

fn meter_block(block: &mut Block, expressions: &mut Arena<Expression>, fuel: Handle<GlobalVariable>) {
    for statement in block.iter_mut() {
        match statement {
            Statement::Block(inner) => meter_block(inner, expressions, fuel),
            Statement::If { accept, reject, .. } => {
                meter_block(accept, expressions, fuel);
                meter_block(reject, expressions, fuel);
            }
            Statement::Switch { cases, .. } => {
                cases.iter_mut().for_each(|case| meter_block(&mut case.body, expressions, fuel));
            }
            Statement::Loop { body, continuing, .. } => {
                meter_block(body, expressions, fuel);
                meter_block(continuing, expressions, fuel);
                // Every turn begins here, those after `continue` too.
                body.splice(..0, turn(expressions, fuel));
            }
            _ => {}
        }
    }
}

/// `let left = fuel; if left == 0 { break; } fuel = left - 1;`
fn turn(expressions: &mut Arena<Expression>, fuel: Handle<GlobalVariable>) -> Block {
    let mut add = |expression| expressions.append(expression, Span::UNDEFINED);
    let pointer = add(Expression::GlobalVariable(fuel));
    let zero = add(Expression::Literal(Literal::U32(0)));
    let one = add(Expression::Literal(Literal::U32(1)));
    let left = add(Expression::Load { pointer });
    let is_empty = add(Expression::Binary { op: BinaryOperator::Equal, left, right: zero });
    let less = add(Expression::Binary { op: BinaryOperator::Subtract, left, right: one });
    let stop = Block::from_vec(vec![Statement::Break]);
    Block::from_vec(vec![
        Statement::Emit(Range::new_from_bounds(left, less)),
        Statement::If { condition: is_empty, accept: stop, reject: Block::new() },
        Statement::Store { pointer, value: less },
    ])
}
