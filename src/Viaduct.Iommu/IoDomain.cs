namespace Viaduct.Iommu;

/// <summary>What a group's devices are attached to: the kernel's iommu_domain.</summary>
/// <param name="space">The translations, which several may share.</param>
/// <param name="dirty">Hears of what devices write; null where nobody can want to know.</param>
internal sealed class IoDomain(IoAddressSpace space, DirtyLog? dirty)
{
    public IoAddressSpace Space { get; } = space;

    public DirtyLog? Dirty { get; } = dirty;
}
