using Viaduct.Supervisor.Files;

namespace Viaduct.Supervisor.Tests.Infrastructure;

/// <summary>A file that tells when it is released.</summary>
internal sealed class ProbeFile(Action? onRelease = null) : OpenFile
{
    public override string LinkName => "probe";

    protected override void OnRelease() => onRelease?.Invoke();
}
