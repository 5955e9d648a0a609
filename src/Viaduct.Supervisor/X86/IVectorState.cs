namespace Viaduct.Supervisor.X86;

/// <summary>
/// The stopped thread's vector registers, fetched only when an instruction needs them (PTRACE_GETREGSET, NT_X86_XSTATE).
/// </summary>
public interface IVectorState
{
    /// <summary>
    /// The thread's XSAVE image in the standard (non-compacted) format. The first call of a trap fetches it, later calls
    /// return the same bytes, which the emulator changes in place.
    /// </summary>
    /// <returns>The image, or an empty span where it cannot be had.</returns>
    Span<byte> GetImage();

    /// <summary>Tells that the image was changed and must be written back before the thread goes on.</summary>
    void MarkChanged();
}
