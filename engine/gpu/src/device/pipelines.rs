//! Compiled shaders, kept by their text.

use std::collections::HashMap;
use std::sync::Arc;

use super::Shared;
use super::faults::Faults;
use super::scope::{Failure, Scopes};
use super::shader::Shader;
use crate::Error;
use crate::adapter::IMMEDIATES_NBYTES;
use crate::wgsl::library;

/// How many are kept; then all are let go, as programs with so many different ones will hardly use the first again.
const PIPELINES_MAX: usize = 1024;

/// A shader that the driver has compiled.
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

#[derive(Default)]
pub(super) struct Pipelines {
    /// With the reason where it was refused: it is not tried again.
    by_shader: HashMap<Shader, Result<Arc<Pipeline>, String>>,
}

impl Pipelines {
    /// The pipeline of a shader, compiled now if it has not been.
    pub(super) fn get(
        &mut self,
        shared: &Shared,
        device: &wgpu::Device,
        shader: &Shader,
    ) -> Result<Arc<Pipeline>, Error> {
        if !self.by_shader.contains_key(shader) {
            if self.by_shader.len() >= PIPELINES_MAX {
                self.by_shader.clear();
            }
            let compiled = match Faults::strikes(&shared.faults.refuse_shader_at) {
                true => Err(Failure::Other("it was told to refuse it".to_owned())),
                false => compile(device, shader),
            };
            let compiled = match compiled {
                Ok(pipeline) => Ok(pipeline),
                Err(Failure::Other(reason)) => Err(reason),
                // That may be otherwise the next time.
                Err(Failure::Memory) => {
                    return Err(Error::OutOfMemory {
                        adapter: shared.facts.name.clone(),
                        nbytes: shader.text.len() as u64,
                        used_nbytes: 0,
                        budget_nbytes: shared.budget_nbytes,
                    });
                }
            };
            self.by_shader.insert(shader.clone(), compiled);
        }
        let refused = |reason: &str| Error::Shader {
            adapter: shared.facts.name.clone(),
            shader: shader.name.to_owned(),
            reason: reason.to_owned(),
        };
        match self.by_shader.get(shader) {
            Some(Ok(pipeline)) => Ok(pipeline.clone()),
            Some(Err(reason)) => Err(refused(reason)),
            None => Err(refused("it is not there")),
        }
    }
}

fn compile(device: &wgpu::Device, shader: &Shader) -> Result<Arc<Pipeline>, Failure> {
    let source = library::whole(&shader.text).map_err(|error| Failure::Other(error.to_string()))?;
    let scopes = Scopes::open(device);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(shader.name),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let entries: Vec<wgpu::BindGroupLayoutEntry> =
        (0..).zip(&*shader.writes).map(|(binding, &is_written)| entry(binding, is_written)).collect();
    let layout =
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: IMMEDIATES_NBYTES,
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(shader.name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    match scopes.close() {
        None => Ok(Arc::new(Pipeline { pipeline, layout })),
        Some(failure) => Err(failure),
    }
}

fn entry(binding: u32, is_written: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: !is_written },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    }
}
