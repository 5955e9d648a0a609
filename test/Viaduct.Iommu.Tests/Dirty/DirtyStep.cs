namespace Viaduct.Iommu.Tests;

/// <summary>One step of <see cref="DirtyModelTests"/>; the numbers mean what the kind makes of them.</summary>
public sealed record DirtyStep(DirtyStepKind Kind, int A, int B, int C);
