using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux.Processes;

/// <summary>sched_getaffinity(2) and sched_setaffinity(2): the processors that a thread may run on.</summary>
public sealed partial class CpuSet
{
    // cpu_set_t of glibc: 1024 processors
    private const int Words = 16;
    private const int WordBits = 64;

    private readonly ulong[] _bits = new ulong[Words];

    /// <summary>How many processors are in it.</summary>
    public int Count => _bits.Sum(System.Numerics.BitOperations.PopCount);

    /// <summary>The processor that the calling thread runs on now.</summary>
    public static int Current => GetCpu();

    /// <summary>The lowest processor in it; -1 where there is none.</summary>
    public int First
    {
        get
        {
            var word = Array.FindIndex(_bits, static b => b != 0);
            return word < 0 ? -1 : (word * WordBits) + System.Numerics.BitOperations.TrailingZeroCount(_bits[word]);
        }
    }

    /// <summary>One processor only.</summary>
    public static CpuSet Only(int cpu)
    {
        var set = new CpuSet();
        set._bits[cpu / WordBits] = 1UL << (cpu % WordBits);
        return set;
    }

    /// <summary>Whether a processor is in it.</summary>
    public bool Has(int cpu) => cpu >= 0 && cpu < Words * WordBits && (_bits[cpu / WordBits] & (1UL << (cpu % WordBits))) != 0;

    /// <summary>What a thread may run on.</summary>
    /// <param name="task">The thread; 0 for the calling one.</param>
    /// <param name="set">Its processors.</param>
    public static unsafe SysResult Get(int task, out CpuSet set)
    {
        set = new CpuSet();
        fixed (ulong* bits = set._bits)
        {
            return Libc.Result(GetAffinity(task, Words * sizeof(ulong), bits));
        }
    }

    /// <summary>Changes what a thread may run on.</summary>
    /// <param name="task">The thread; 0 for the calling one.</param>
    public unsafe SysResult Set(int task)
    {
        fixed (ulong* bits = _bits)
        {
            return Libc.Result(SetAffinity(task, Words * sizeof(ulong), bits));
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static unsafe partial int GetAffinity(int task, nuint size, void* set);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SetAffinity(int task, nuint size, void* set);

    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    private static partial int GetCpu();
}
