namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>A completion queue entry.</summary>
/// <param name="Result">Dword 0.</param>
/// <param name="SubmissionHead">SQHD.</param>
/// <param name="Queue">SQID.</param>
/// <param name="Identifier">CID.</param>
/// <param name="Field">The status field with M and DNR.</param>
internal readonly record struct NvmeReply(uint Result, int SubmissionHead, int Queue, ushort Identifier, int Field)
{
    /// <summary>Status code type and status code.</summary>
    public int Status => Field & 0x7ff;

    public bool DoNotRetry => (Field & 0x4000) != 0;
}
