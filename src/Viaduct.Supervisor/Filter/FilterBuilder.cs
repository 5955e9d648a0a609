using Viaduct.Linux.Seccomp;

namespace Viaduct.Supervisor.Filter;

/// <summary>Assembles classic BPF: a list of tests that each end in a verdict, or fall through to the next.</summary>
internal sealed class FilterBuilder
{
    public const uint Allow = 0x7fff0000;   // SECCOMP_RET_ALLOW
    public const uint Notify = 0x7fc00000;  // SECCOMP_RET_USER_NOTIF
    public const uint Trace = 0x7ff00000;   // SECCOMP_RET_TRACE

    private const ushort LoadAbsolute = 0x20;
    private const ushort And = 0x54;
    private const ushort JumpEqual = 0x15;
    private const ushort JumpGreaterOrEqual = 0x35;
    private const ushort JumpSet = 0x45;
    private const ushort ReturnConstant = 0x06;

    private readonly List<SockFilter> _program = [];

    public ReadOnlySpan<SockFilter> Program => _program.ToArray();

    /// <summary>Loads the call's number.</summary>
    public FilterBuilder LoadNumber() => Load(0);

    /// <summary>Loads the architecture.</summary>
    public FilterBuilder LoadArchitecture() => Load(4);

    /// <summary>Loads the lower half of an argument.</summary>
    public FilterBuilder LoadArgument(int index) => Load((uint)(16 + (8 * index)));

    /// <summary>Loads the upper half of an argument.</summary>
    public FilterBuilder LoadArgumentHigh(int index) => Load((uint)(16 + (8 * index) + 4));

    public FilterBuilder Mask(uint mask) => Add(And, mask);

    public FilterBuilder Return(uint verdict) => Add(ReturnConstant, verdict);

    /// <summary>Ends with the verdict where what is loaded equals the value.</summary>
    public FilterBuilder IfEqual(uint value, uint verdict) => If(JumpEqual, value, verdict);

    /// <summary>Ends with the verdict where it does not.</summary>
    public FilterBuilder IfNotEqual(uint value, uint verdict)
    {
        _program.Add(new SockFilter(JumpEqual, 1, 0, value));
        return Return(verdict);
    }

    /// <summary>Ends with the verdict where what is loaded is at or above the value, unsigned.</summary>
    public FilterBuilder IfAtLeast(uint value, uint verdict) => If(JumpGreaterOrEqual, value, verdict);

    /// <summary>Ends with the verdict where any of the bits is set.</summary>
    public FilterBuilder IfAny(uint bits, uint verdict) => If(JumpSet, bits, verdict);

    /// <summary>Runs the block where what is loaded equals the value; the block must end in a verdict.</summary>
    public FilterBuilder When(uint value, Action<FilterBuilder> block)
    {
        var inner = new FilterBuilder();
        block(inner);
        _program.Add(new SockFilter(JumpEqual, 0, checked((byte)inner._program.Count), value));
        _program.AddRange(inner._program);
        return this;
    }

    private FilterBuilder If(ushort code, uint value, uint verdict)
    {
        _program.Add(new SockFilter(code, 0, 1, value));
        return Return(verdict);
    }

    private FilterBuilder Load(uint offset) => Add(LoadAbsolute, offset);

    private FilterBuilder Add(ushort code, uint k)
    {
        _program.Add(new SockFilter(code, 0, 0, k));
        return this;
    }
}
