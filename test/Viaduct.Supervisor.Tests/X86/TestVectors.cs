using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>An XSAVE image in an array.</summary>
internal sealed class TestVectors(byte[] image) : IVectorState
{
    public int Fetches { get; private set; }

    public bool Changed { get; private set; }

    public Span<byte> GetImage()
    {
        Fetches++;
        return image;
    }

    public void MarkChanged() => Changed = true;
}
