namespace Viaduct.Kvm;

/// <summary>A stage of the kernel's answer. Two of them share one body of code, so that they cannot come to differ; what a stage may not do it finds
/// out before it has changed anything.</summary>
internal interface ITceStage
{
    /// <summary>It may take memory and locks, and read guest memory that is not mapped here.</summary>
    static abstract bool MaySleep { get; }
}
