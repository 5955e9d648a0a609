using Viaduct.Memory;

namespace Viaduct.Vfio.Files;

/// <summary>A virtual machine of KVM (struct kvm), as devices know it that are in one.</summary>
public interface IVirtualMachine
{
    /// <summary>The address space that the guest's memory is in.</summary>
    ClientMemory Memory { get; }
}
