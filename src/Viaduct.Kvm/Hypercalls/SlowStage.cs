namespace Viaduct.Kvm;

/// <summary><see cref="HypercallStage.Slow"/>.</summary>
internal readonly struct SlowStage : ITceStage
{
    public static bool MaySleep => true;
}
