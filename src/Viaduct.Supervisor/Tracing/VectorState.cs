using Viaduct.Linux;
using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tracing;

/// <summary>The vector registers of the stopped thread, fetched when an instruction wants them.</summary>
internal sealed class VectorState : IVectorState
{
    // The largest XSAVE image so far, AVX-512 and AMX tiles together, is under 12 KiB.
    private readonly byte[] _image = new byte[16 * 1024];
    private int _task;
    private int _length;
    private bool _changed;

    /// <summary>A trap begins.</summary>
    public void Begin(int task)
    {
        _task = task;
        _length = 0;
        _changed = false;
    }

    public Span<byte> GetImage()
    {
        if (_length == 0)
        {
            var read = Tracer.GetVectorState(_task, _image);
            _length = read.IsError ? 0 : (int)read.Raw;
        }

        return _image.AsSpan(0, _length);
    }

    public void MarkChanged() => _changed = true;

    /// <summary>Puts the registers back where they changed.</summary>
    public void End()
    {
        if (_changed)
        {
            _ = Tracer.SetVectorState(_task, _image.AsSpan(0, _length));
        }
    }
}
