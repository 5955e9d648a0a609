namespace Viaduct.Kvm;

/// <summary><see cref="HypercallStage.Fast"/>.</summary>
internal readonly struct FastStage : ITceStage
{
    public static bool MaySleep => false;
}
