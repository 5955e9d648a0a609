using System.Runtime.InteropServices;

namespace Viaduct.Linux.Processes;

/// <summary>process_vm_readv(2) and process_vm_writev(2).</summary>
public static partial class ProcessMemory
{
    /// <summary>Copies out of a process.</summary>
    /// <returns>Bytes copied, from the start: fewer than asked where the rest is not readable; 0 where nothing is.</returns>
    public static unsafe int Read(int process, ulong address, Span<byte> destination)
    {
        fixed (byte* pointer = destination)
        {
            var local = new IoVector { Base = pointer, Length = (nuint)destination.Length };
            var remote = new IoVector { Base = (void*)address, Length = (nuint)destination.Length };
            return (int)Math.Max(0, ReadV(process, &local, 1, &remote, 1, 0));
        }
    }

    /// <summary>Copies into a process.</summary>
    /// <returns>Bytes copied, from the start.</returns>
    public static unsafe int Write(int process, ulong address, ReadOnlySpan<byte> source)
    {
        fixed (byte* pointer = source)
        {
            var local = new IoVector { Base = pointer, Length = (nuint)source.Length };
            var remote = new IoVector { Base = (void*)address, Length = (nuint)source.Length };
            return (int)Math.Max(0, WriteV(process, &local, 1, &remote, 1, 0));
        }
    }

    /// <summary>Whether the call is allowed at all: copies from this process to itself.</summary>
    public static unsafe bool CanReadSelf(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* pointer = source)
        {
            return Read(Environment.ProcessId, (ulong)pointer, destination[..source.Length]) == source.Length;
        }
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv")]
    private static unsafe partial nint ReadV(
        int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev")]
    private static unsafe partial nint WriteV(
        int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);
}
