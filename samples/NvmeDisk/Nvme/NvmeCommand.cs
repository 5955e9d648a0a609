using Viaduct.Linux;

namespace NvmeDisk.Nvme;

/// <summary>A command; its identifier is the queue's to give (Base Specification 2.0, 3.3.3.1).</summary>
internal readonly record struct NvmeCommand
{
    /// <summary>Bytes in the submission queue.</summary>
    internal const int Size = 64;

    internal byte Opcode { get; init; }

    /// <summary>NSID: the namespace; 0 where the command has none.</summary>
    internal uint Namespace { get; init; }

    /// <summary>PRP1: the data's first byte.</summary>
    internal ulong Data { get; init; }

    /// <summary>PRP2: the data's second page, or the list of the pages from the second on.</summary>
    internal ulong MoreData { get; init; }

    internal uint Dword10 { get; init; }

    internal uint Dword11 { get; init; }

    internal uint Dword12 { get; init; }

    /// <summary>Writes it where the controller will fetch it.</summary>
    internal void WriteTo(MappedRegion memory, ulong at, ushort id)
    {
        memory.Write64(at, Opcode | (ulong)id << 16 | (ulong)Namespace << 32);
        memory.Write64(at + 8, 0);
        memory.Write64(at + 16, 0);
        memory.Write64(at + 24, Data);
        memory.Write64(at + 32, MoreData);
        memory.Write64(at + 40, Dword10 | (ulong)Dword11 << 32);
        memory.Write64(at + 48, Dword12);
        memory.Write64(at + 56, 0);
    }
}
