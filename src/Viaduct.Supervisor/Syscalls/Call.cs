using Viaduct.Linux.Seccomp;
using Viaduct.Memory.Remote;
using Viaduct.Supervisor.Processes;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>A call that is being served.</summary>
/// <param name="data">The number and the arguments.</param>
/// <param name="process">Who calls.</param>
/// <param name="task">Which of its threads.</param>
internal readonly ref struct Call(ref readonly SeccompData data, SupervisedProcess process, int task)
{
    private readonly ref readonly SeccompData _data = ref data;

    public int Number => _data.Number;

    public SupervisedProcess Process { get; } = process;

    public int Task { get; } = task;

    public RemoteMemory Memory => Process.Memory;

    public ulong Arg0 => _data.Arg0;

    public ulong Arg1 => _data.Arg1;

    public ulong Arg2 => _data.Arg2;

    public ulong Arg3 => _data.Arg3;

    public ulong Arg4 => _data.Arg4;

    public ulong Arg5 => _data.Arg5;

    /// <summary>The first argument as a descriptor.</summary>
    public int Descriptor => (int)_data.Arg0;
}
