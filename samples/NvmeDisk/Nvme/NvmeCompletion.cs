namespace NvmeDisk.Nvme;

/// <summary>What the controller says of a command (Base Specification 2.0, 3.3.3.2).</summary>
/// <param name="Result">The command's own answer, dword 0.</param>
/// <param name="Id">The command's identifier.</param>
/// <param name="Status">How it ended.</param>
internal readonly record struct NvmeCompletion(uint Result, ushort Id, NvmeStatus Status)
{
    /// <summary>Bytes in the completion queue.</summary>
    internal const int Size = 16;
}
