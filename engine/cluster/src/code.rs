//! The code of one submitted graph: everything a thread needs to run any of its tasks, shared and immutable.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use gristmill_collections::{Native, ReadPiece, file_kernel};
use gristmill_data::{TaskError, TaskErrorKind, Type, Value};
use gristmill_dataframe::runs_plans;
use gristmill_gpu::{Devices, has_shader};
use gristmill_graph::{
    Arg, DeviceChoice, Digest, Export, Family, Function, Graph, Key, Operand, Spec, TaskRef, TaskTable,
};
use gristmill_sandbox::{CallContext, Plugin, ReadPartition, Reuse};
use gristmill_storage::{Grants, Source};
use gristmill_wire::Tenant;

use crate::host::Shared;
use crate::queries::Queries;
use crate::shaders::Shaders;

type TaskResult = Result<Value, TaskError>;

/// The folders that tasks may use.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Those of all tenants, and those of one.
    pub(crate) of_all: Option<Grants>,
    pub(crate) of_one: Vec<(Tenant, Grants)>,
}

impl Files {
    fn covers(&self, tenant: &Tenant, path: &Path) -> bool {
        let own = self.of_one.iter().filter(|(of, _)| of == tenant).map(|(_, grants)| grants);
        self.of_all.iter().chain(own).any(|grants| grants.covers(path))
    }
}

/// A graph with its table, its admitted plugins and its closures.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// Shared with the report, which draws the largest graph: apart from closures and plugins, which may not outlive it.
    pub(crate) graph: Arc<Graph>,
    pub(crate) table: Arc<TaskTable>,
    pub(crate) plugins: Arc<HashMap<Digest, Arc<Plugin>>>,
    pub(crate) natives: Arc<HashMap<u64, Native>>,
    /// The number of each family's function in the profile.
    pub(crate) functions: Vec<u32>,
    /// Where kernels may run besides the CPU.
    pub(crate) devices: Arc<Devices>,
    /// For each family whether one of its kernels has a shader.
    pub(crate) shaders: Vec<bool>,
    /// For plugins' own.
    pub(crate) plugin_shaders: Arc<Shaders>,
    /// Whose work it is; a local cluster has one tenant.
    pub(crate) tenant: Tenant,
    /// What tasks may open, if not everything.
    pub(crate) files: Option<Arc<Files>>,
    /// What runs plans of tables.
    pub(crate) queries: Arc<Queries>,
}

impl Code {
    /// What tasks of these layers call, in this process, without closures; the table comes later.
    pub(crate) fn new(graph: Arc<Graph>, plugins: HashMap<Digest, Arc<Plugin>>, shared: &Shared) -> Self {
        Self {
            graph,
            table: Arc::default(),
            plugins: Arc::new(plugins),
            natives: Arc::default(),
            functions: Vec::new(),
            devices: shared.devices.clone(),
            shaders: Vec::new(),
            plugin_shaders: shared.plugin_shaders.clone(),
            tenant: Tenant::default(),
            files: shared.files.clone(),
            queries: shared.queries.clone(),
        }
    }

    /// Runs the task in this row of the table, step by step.
    ///
    /// # Errors
    /// The first failed step's error, with the function's name and the task's key filled in.
    pub(crate) fn run<F>(&self, row: u32, inputs: &[Value], ctx: &LazyCell<CallContext, F>) -> TaskResult
    where
        F: FnOnce() -> CallContext,
    {
        let step = |task: TaskRef, operands: &[Value], on_device: bool| {
            let spec = self.graph.spec(task).map_err(internal)?;
            let result = self.call(&spec, arguments(&spec, operands)?, on_device, ctx);
            result.and_then(|value| as_planned(&spec, value)).map_err(|error| self.named(error, &spec, row))
        };
        let steps = self.table.steps(row);
        let on_device = self.on_device(row, steps, inputs);
        let on_device = |number: usize| on_device.get(number).is_some_and(|&chosen| chosen);
        // A task of one step has its inputs as operands, in order.
        if let [only] = steps {
            return step(*only, inputs, on_device(0));
        }
        // A result of which no later step has need goes at once: chains of many steps hold two.
        let mut n_uses = vec![0_u32; steps.len()];
        for number in 0..steps.len() as u32 {
            for operand in self.table.operands(row, number) {
                if let Operand::Step(n) = operand
                    && let Some(n_uses) = n_uses.get_mut(n as usize)
                {
                    *n_uses += 1;
                }
            }
        }
        let mut results: Vec<Value> = Vec::with_capacity(steps.len());
        for (number, task) in (0u32..).zip(steps) {
            let mut take = |n: u32| {
                let (result, n_left) = (results.get_mut(n as usize)?, n_uses.get_mut(n as usize)?);
                *n_left -= 1;
                Some(if *n_left == 0 { std::mem::take(result) } else { result.clone() })
            };
            let operands: Vec<Value> = self
                .table
                .operands(row, number)
                .map(|operand| match operand {
                    Operand::Input(n) => inputs.get(n as usize).cloned(),
                    Operand::Step(n) => take(n),
                })
                .map(|value| value.ok_or_else(|| internal("an operand is missing")))
                .collect::<Result<_, _>>()?;
            results.push(step(*task, &operands, on_device(number as usize))?);
        }
        results.pop().ok_or_else(|| internal("a task has no steps"))
    }

    /// The same code with the table that its tasks are rows of.
    pub(crate) fn with_table(self, table: Arc<TaskTable>) -> Self {
        let mut shaders: Vec<Option<bool>> = vec![None; table.families.len()];
        for (row, &family) in (0u32..).zip(&table.family) {
            if let Some(has @ None) = shaders.get_mut(family as usize) {
                let mut specs = table.steps(row).iter().filter_map(|&task| self.graph.spec(task).ok());
                *has = Some(specs.any(|spec| match spec.function {
                    Function::Kernel { name, .. } => has_shader(name),
                    _ => false,
                }));
            }
        }
        let shaders = shaders.into_iter().map(|has| has.unwrap_or(false)).collect();
        Self { table, shaders, ..self }
    }

    /// Where kernels of this choice run.
    fn choice(&self, own: DeviceChoice) -> DeviceChoice {
        if own == DeviceChoice::Auto { self.devices.choice() } else { own }
    }

    /// For each step whether it runs on a device; empty where none does.
    fn on_device(&self, row: u32, steps: &[TaskRef], inputs: &[Value]) -> Vec<bool> {
        let family = self.table.family.get(row as usize).copied().unwrap_or(0);
        if !self.shaders.get(family as usize).is_some_and(|&has| has) {
            return Vec::new();
        }
        let own = self.family_of(row).map_or(DeviceChoice::Auto, |family| family.options.device);
        let choice = self.choice(own);
        if !self.devices.may_run(choice) {
            return Vec::new();
        }
        self.devices.choose(choice, steps.len(), |number, results| {
            kernel_call(&self.graph, &self.table, row, number, inputs, results)
        })
    }

    /// Whether tasks of this row's function may go through [`Code::run_many`]: plain calls of a component function
    /// that is pure, for only those share an instance, and may be called again when their batch fails.
    pub(crate) fn may_cross_together(&self, row: u32, reuse: Reuse) -> bool {
        reuse != Reuse::Fresh
            && self.component_call(row).is_some_and(|(spec, plugin, export)| {
                let by_shader =
                    plugin.shader(export).is_some() && self.choice(spec.options.device) == DeviceChoice::Gpu;
                !by_shader && plugin.signature(export).is_some_and(|signature| signature.traits.pure)
            })
    }

    /// Whether the task of this row may start tasks.
    pub(crate) fn may_submit(&self, row: u32) -> bool {
        self.family_of(row).is_some_and(|family| family.options.may_submit)
    }

    /// What this row calls if it may start tasks: its plugin, what people call that, and how urgent it is.
    pub(crate) fn submitter(&self, row: u32) -> Option<(&Arc<Plugin>, String, i32)> {
        let options =
            self.family_of(row).map(|family| family.options).filter(|options| options.may_submit)?;
        // It is never fused with others, but literals may have been put before it.
        let mut steps = self.table.steps(row).iter();
        let (spec, plugin, export) = steps.find_map(|&task| self.component_step(task))?;
        let name = spec.name.strip_suffix(export).and_then(|name| name.strip_suffix('.'));
        Some((plugin, name.unwrap_or(&plugin.info().name).to_owned(), options.priority))
    }

    /// The calls of many tasks of one component function in one crossing of the sandbox; all must have passed
    /// [`Code::may_cross_together`].
    ///
    /// # Errors
    /// Why no call has a result, or may have one.
    pub(crate) fn run_many(
        &self,
        tasks: &[(u32, &[Value])],
        ctx: &CallContext,
    ) -> Result<Vec<TaskResult>, TaskError> {
        let first = tasks.first().and_then(|(row, _)| self.component_call(*row));
        let (spec, plugin, export) = first.ok_or_else(|| internal("not a call of a component"))?;
        let mut calls = Vec::with_capacity(tasks.len());
        for (row, inputs) in tasks {
            let (own, ..) = self.component_call(*row).ok_or_else(|| internal("not like the first call"))?;
            calls.push(self.landed(arguments(&own, inputs)?)?);
        }
        let results = plugin.call_many(export, &calls, ctx)?.into_iter().zip(tasks);
        Ok(results.map(|(result, (row, _))| result.map_err(|error| self.named(error, &spec, *row))).collect())
    }

    /// Whether the row's steps are kernels, which may run again and give the same.
    pub(crate) fn calls_kernels_alone(&self, row: u32) -> bool {
        let is_kernel = |&task: &TaskRef| {
            self.graph.spec(task).is_ok_and(|spec| matches!(spec.function, Function::Kernel { .. }))
        };
        self.table.steps(row).iter().all(is_kernel)
    }

    /// The key of the task in this row.
    pub(crate) fn key_of(&self, row: u32) -> Key {
        self.table.keys.get(row as usize).copied().unwrap_or(Key([0; 32]))
    }

    /// What people call the row's function.
    pub(crate) fn name_of(&self, row: u32) -> Arc<str> {
        self.family_of(row).map_or_else(|| "unknown".into(), |family| family.name.clone())
    }

    fn family_of(&self, row: u32) -> Option<&Family> {
        self.table.family.get(row as usize).and_then(|&at| self.table.families.get(at as usize))
    }

    /// The number of the row's function in the profile.
    pub(crate) fn function_of(&self, row: u32) -> u32 {
        let family = self.table.family.get(row as usize).copied().unwrap_or(0);
        self.functions.get(family as usize).copied().unwrap_or(0)
    }

    /// What this row calls, if it is one plain call of a component function.
    fn component_call(&self, row: u32) -> Option<(Spec<'_>, &Arc<Plugin>, &str)> {
        let [task] = self.table.steps(row) else { return None };
        self.component_step(*task)
    }

    /// What a step calls, if that is a component function.
    fn component_step(&self, task: TaskRef) -> Option<(Spec<'_>, &Arc<Plugin>, &str)> {
        let spec = self.graph.spec(task).ok()?;
        let Function::Component { digest, export: Export::Call(export) } = spec.function else {
            return None;
        };
        let plugin = self.plugins.get(digest)?;
        Some((spec, plugin, export))
    }

    fn call<F>(
        &self,
        spec: &Spec<'_>,
        args: Vec<Value>,
        on_device: bool,
        ctx: &LazyCell<CallContext, F>,
    ) -> TaskResult
    where
        F: FnOnce() -> CallContext,
    {
        if on_device
            && let Function::Kernel { name, .. } = spec.function
            && let Some(value) = self.devices.call(name, &args, self.tenant.number())
        {
            return Ok(value);
        }
        let args = self.landed(args)?;
        match spec.function {
            Function::Kernel { name, version } => match gristmill_kernels::lookup(name, *version) {
                Some(kernel) => kernel.call(&args).map_err(TaskError::from),
                None if runs_plans(name, *version) => self.queries.run(self, &args, ctx),
                None => match file_kernel(name, *version) {
                    Some(kernel) => {
                        let paths = if self.files.is_some() { kernel.paths(&args)? } else { Vec::new() };
                        paths.iter().try_for_each(|path| self.check_may_open(path))?;
                        kernel.call(&args)
                    }
                    None => Err(TaskError::new(
                        TaskErrorKind::NoSuchFunction,
                        format!("this engine has no kernel `{name}` of version {version}"),
                    )),
                },
            },
            Function::Native { id, .. } => {
                let native = self.natives.get(id).ok_or_else(|| internal("a closure is missing"))?;
                call_native(native, &args)
            }
            Function::Component { digest, export } => {
                let plugin = self.plugins.get(digest).ok_or_else(|| internal("a component is missing"))?;
                match export {
                    Export::Call(name) => {
                        let wanted = self.choice(spec.options.device) == DeviceChoice::Gpu;
                        let shader = || self.plugin_shaders.call(plugin, name, &args, self.tenant.number());
                        match if wanted { shader() } else { None } {
                            Some(value) => Ok(value),
                            None => plugin.call(name, &args, ctx),
                        }
                    }
                    Export::Read(format) => self.read(plugin, format, &args, ctx),
                }
            }
        }
    }

    /// Reads one planned piece of a file: the task may read that file and no other.
    fn read(
        &self,
        plugin: &Plugin,
        format: &str,
        args: &[Value],
        ctx: &CallContext,
    ) -> Result<Value, TaskError> {
        let piece = ReadPiece::from_values(args).ok_or_else(|| {
            TaskError::new(TaskErrorKind::InvalidArgument, "the arguments are no planned piece")
        })?;
        let options = match args.get(5) {
            Some(Value::Map(items)) => text_items(items),
            _ => Vec::new(),
        };
        self.check_may_open(Path::new(&piece.path))?;
        let grants = Grants::files([piece.path.as_str()])
            .map_err(|error| TaskError::new(TaskErrorKind::Io, error.to_string()))?;
        let ctx = ctx.clone().grants(Arc::new(grants));
        let context = format!("reading `{}`", piece.path);
        let ReadPiece { path, offset, length, rows, token } = piece;
        let partition = ReadPartition { path, offset, length, rows, token };
        let value = plugin
            .read_partition(format, &partition, None, &options, &ctx)
            .map_err(|error| error.while_doing(context))?;
        // The key says which file it was: what is read of another must not be taken for that.
        let now =
            Source::open(Path::new(&partition.path)).map(|source| source.identity()).unwrap_or_default();
        match args.get(6) {
            Some(Value::Bytes(planned)) if planned.as_slice() != now => Err(TaskError::new(
                TaskErrorKind::DataCorrupt,
                format!("`{}` has changed since its pieces were planned; read it anew", partition.path),
            )),
            _ => Ok(value),
        }
    }

    /// Refuses what this process gives to no task.
    pub(crate) fn check_may_open(&self, path: &Path) -> Result<(), TaskError> {
        match &self.files {
            Some(files) if !files.covers(&self.tenant, path) => Err(TaskError::new(
                TaskErrorKind::PermissionDenied,
                format!(
                    "`{}` is in none of the folders that tasks may use on this worker; whoever starts workers names \
                     them with `--files`",
                    path.display()
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Arguments with everything in them on the host, which is where they are on a machine without devices.
    fn landed(&self, args: Vec<Value>) -> Result<Vec<Value>, TaskError> {
        match self.devices.may_run(DeviceChoice::Gpu) {
            true => args.into_iter().map(Value::landed).collect(),
            false => Ok(args),
        }
    }

    fn named(&self, mut error: TaskError, spec: &Spec<'_>, row: u32) -> TaskError {
        error.function = spec.name.clone();
        error.task = self.tenant.key(self.key_of(row)).to_string().into();
        error
    }
}

/// The kernel that a step of a row's task calls, and its arguments; nothing if it calls no kernel.
pub(crate) fn kernel_call<'a>(
    graph: &'a Graph,
    table: &TaskTable,
    row: u32,
    number: usize,
    inputs: &[Value],
    results: &[Value],
) -> Option<(&'a str, Vec<Value>)> {
    let steps = table.steps(row);
    let spec = graph.spec(*steps.get(number)?).ok()?;
    let Function::Kernel { name, .. } = spec.function else { return None };
    let operands: Vec<Value> = match steps {
        [_] => inputs.to_vec(),
        _ => table
            .operands(row, number as u32)
            .map(|operand| match operand {
                Operand::Input(n) => inputs.get(n as usize).cloned(),
                Operand::Step(n) => results.get(n as usize).cloned(),
            })
            .collect::<Option<_>>()?,
    };
    Some((&**name, arguments(&spec, &operands).ok()?))
}

/// Holds a call to what was planned of its result, and what its users were checked against.
fn as_planned(spec: &Spec<'_>, value: Value) -> TaskResult {
    let Some(planned) = spec.returns else { return Ok(value) };
    let planned: Type = planned.parse().map_err(internal)?;
    match planned.accepts(&value.type_of()) {
        Ok(()) => Ok(value),
        Err(mismatch) => {
            let message = format!("it returned another type than it planned: {mismatch}");
            Err(TaskError::new(TaskErrorKind::TypeMismatch, message))
        }
    }
}

/// Calls a closure; its panic is the task's error and not the worker's end.
fn call_native(native: &Native, args: &[Value]) -> Result<Value, TaskError> {
    let call = std::panic::AssertUnwindSafe(|| native.function()(args));
    std::panic::catch_unwind(call).unwrap_or_else(|payload| {
        let said = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| payload.downcast_ref::<String>().cloned());
        let message = format!("the closure panicked: {}", said.unwrap_or_else(|| "without a message".into()));
        Err(TaskError::new(TaskErrorKind::Trap, message))
    })
}

fn text_items(items: &[(Arc<str>, Value)]) -> Vec<(String, String)> {
    let texts = items.iter().filter_map(|(name, value)| match value {
        Value::Text(text) => Some((name.to_string(), text.to_string())),
        _ => None,
    });
    texts.collect()
}

/// The arguments of a call: the template with inputs and literals in their places.
fn arguments(spec: &Spec<'_>, operands: &[Value]) -> Result<Vec<Value>, TaskError> {
    spec.args.iter().map(|arg| argument(arg, &spec.params, operands)).collect()
}

fn argument(arg: &Arg, params: &[Arg], operands: &[Value]) -> Result<Value, TaskError> {
    Ok(match arg {
        Arg::Null => Value::Null,
        Arg::Boolean(boolean) => Value::Boolean(*boolean),
        Arg::Int(int) => Value::Int(*int),
        Arg::UInt(uint) => Value::UInt(*uint),
        Arg::Float(float) => Value::Float(*float),
        Arg::Text(text) => Value::Text(text.clone()),
        Arg::Bytes(bytes) => Value::from(bytes.to_vec()),
        Arg::Input(n) => {
            operands.get(*n as usize).cloned().ok_or_else(|| internal("an argument names no operand"))?
        }
        Arg::Inputs => Value::List(operands.into()),
        Arg::Param(n) => {
            let param = params.get(*n as usize).ok_or_else(|| internal("an argument names no literal"))?;
            argument(param, &[], operands)?
        }
        Arg::List(items) => {
            Value::List(items.iter().map(|item| argument(item, params, operands)).collect::<Result<_, _>>()?)
        }
        Arg::Map(items) => Value::Map(
            items
                .iter()
                .map(|(name, item)| Ok((name.clone(), argument(item, params, operands)?)))
                .collect::<Result<_, TaskError>>()?,
        ),
    })
}

/// Our own mistake: reported as the task's failure, since nothing else is harmed.
fn internal(what: impl std::fmt::Display) -> TaskError {
    TaskError::new(TaskErrorKind::Failed, format!("internal error, please report it: {what}"))
}
