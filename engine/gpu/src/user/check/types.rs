//! Types that kernels may have: numbers, booleans, and what is made of them.

use naga::{AddressSpace, ArraySize, Module, Scalar, TypeInner};

use super::super::size;

/// Fails with the type that is not for kernels.
pub(super) fn check(module: &Module, ty: &TypeInner) -> Result<(), String> {
    let refused = |what: &str| Err(format!("{what} are not for kernels"));
    match *ty {
        TypeInner::Scalar(scalar) | TypeInner::Vector { scalar, .. } => check_scalar(scalar),
        // What drivers make of others was not looked at.
        TypeInner::Matrix { scalar, .. } if scalar != Scalar::F32 => refused("matrices other than of f32"),
        TypeInner::Matrix { .. } => Ok(()),
        TypeInner::Array { size: ArraySize::Dynamic, .. } => refused("arrays without a length"),
        TypeInner::Array { size: ArraySize::Pending(_), .. } => refused("overrides"),
        TypeInner::Struct { ref members, .. } if members.iter().any(|member| member.binding.is_some()) => {
            refused("members with attributes as entry points have")
        }
        TypeInner::Array { .. } | TypeInner::Struct { .. } => size::check_type(module, ty),
        TypeInner::Pointer { space, .. } | TypeInner::ValuePointer { space, .. } => match space {
            AddressSpace::Function => Ok(()),
            _ => refused("pointers to anything but variables of functions"),
        },
        TypeInner::Atomic(_) => refused("atomics"),
        TypeInner::CooperativeMatrix { .. } => refused("cooperative matrices"),
        TypeInner::Image { .. } | TypeInner::Sampler { .. } => refused("textures and samplers"),
        TypeInner::AccelerationStructure { .. } | TypeInner::RayQuery { .. } => refused("rays"),
        TypeInner::BindingArray { .. } => refused("binding arrays"),
    }
}

fn check_scalar(scalar: Scalar) -> Result<(), String> {
    match scalar {
        Scalar::BOOL | Scalar::I32 | Scalar::U32 | Scalar::F32 => Ok(()),
        Scalar::I64 | Scalar::U64 | Scalar::F64 => Ok(()),
        Scalar::F16 => Err("numbers of type f16 are not for kernels".to_owned()),
        _ => Err(format!("numbers of {} bits are not for kernels", 8 * u32::from(scalar.width))),
    }
}
