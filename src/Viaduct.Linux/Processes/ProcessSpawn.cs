using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;

namespace Viaduct.Linux.Processes;

/// <summary>posix_spawnp(3): the child inherits the calling thread's seccomp filter, our descriptors without
/// close-on-exec, and our environment; its signals are reset to what a program expects.</summary>
public static partial class ProcessSpawn
{
    private const int POSIX_SPAWN_SETSIGDEF = 0x04;
    private const int POSIX_SPAWN_SETSIGMASK = 0x08;
    private const int AttributesSize = 512; // posix_spawnattr_t: 336 bytes in glibc and musl
    private const int SignalSetSize = 128;

    // The launcher switches the runtime's diagnostics off, whose pipes would stay in /tmp if we were killed.
    private static ReadOnlySpan<byte> LauncherMark => "VIADUCT_LAUNCHER="u8;

    private static ReadOnlySpan<byte> DiagnosticsSwitch => "DOTNET_EnableDiagnostics="u8;

    /// <summary>Starts a program.</summary>
    /// <param name="arguments">The program, looked up in PATH where it has no slash, and its arguments.</param>
    /// <returns>The process id, or why it could not be executed (ENOENT, EACCES, ENOEXEC, …).</returns>
    public static unsafe SysResult Start(IReadOnlyList<string> arguments)
    {
        var attributes = stackalloc byte[AttributesSize];
        var set = stackalloc byte[SignalSetSize];
        var argv = new nint[arguments.Count + 1];
        try
        {
            for (var i = 0; i < arguments.Count; i++)
            {
                argv[i] = Marshal.StringToCoTaskMemUTF8(arguments[i]);
            }

            _ = AttrInit(attributes);
            new Span<byte>(set, SignalSetSize).Clear();
            _ = AttrSetSigMask(attributes, set);
            FillSignalSet(set);
            _ = AttrSetSigDefault(attributes, set);
            _ = AttrSetFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
            fixed (nint* environment = Environment())
            fixed (byte* file = Encoding.UTF8.GetBytes(arguments[0] + "\0"))
            fixed (nint* pointers = argv)
            {
                int child;
                var error = SpawnP(&child, file, null, attributes, pointers, environment);
                _ = AttrDestroy(attributes);
                return error == 0 ? SysResult.FromValue(child) : (Errno)error;
            }
        }
        finally
        {
            foreach (var pointer in argv)
            {
                Marshal.FreeCoTaskMem(pointer);
            }
        }
    }

    // The runtime ignores SIGPIPE, and an ignored signal stays ignored across exec; SIGKILL and SIGSTOP cannot be set.
    private static unsafe void FillSignalSet(byte* set)
    {
        const ulong SIGKILL = 9, SIGSTOP = 19, First = 1, LastStandard = 31;
        for (var signal = First; signal <= LastStandard; signal++)
        {
            if (signal is not SIGKILL and not SIGSTOP)
            {
                *(ulong*)set |= 1UL << (int)(signal - 1);
            }
        }
    }

    // The program's environment is ours, less what the launcher set for our own runtime's sake.
    private static unsafe nint[] Environment()
    {
        var library = NativeLibrary.GetMainProgramHandle();
        var variables = *(nint**)NativeLibrary.GetExport(library, "environ");
        var count = 0;
        var isOurs = false;
        while (variables[count] != 0)
        {
            isOurs |= Is(variables[count++], LauncherMark);
        }

        var kept = new nint[count + 1];
        var used = 0;
        for (var i = 0; i < count; i++)
        {
            if (!isOurs || !(Is(variables[i], LauncherMark) || Is(variables[i], DiagnosticsSwitch)))
            {
                kept[used++] = variables[i];
            }
        }

        return kept;
    }

    private static unsafe bool Is(nint variable, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (((byte*)variable)[i] != name[i])
            {
                return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int AttrInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int AttrDestroy(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int AttrSetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int AttrSetSigMask(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int AttrSetSigDefault(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    private static unsafe partial int SpawnP(
        int* child, byte* file, void* fileActions, void* attributes, nint* argv, nint* envp);
}
