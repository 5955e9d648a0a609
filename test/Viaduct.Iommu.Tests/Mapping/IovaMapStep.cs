namespace Viaduct.Iommu.Tests;

public enum IovaMapStepKind
{
    Add,
    Remove,
    RemoveNth,
    Find,
    FindOverlap,
    FindAfter,
    Split,
}

public sealed record IovaMapStep(IovaMapStepKind Kind, ulong First, ulong Extra);
