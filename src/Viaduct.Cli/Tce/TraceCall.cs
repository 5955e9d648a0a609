using Viaduct.Kvm;

namespace Viaduct.Cli.Tce;

/// <summary>A hypercall that was recorded.</summary>
/// <param name="Line">Its line in the trace.</param>
/// <param name="Number">One of <see cref="Hcall"/>.</param>
/// <param name="Liobn">The logical bus.</param>
/// <param name="Ioba">The bus address.</param>
/// <param name="Argument">The TCE, the value, or the address of the list.</param>
/// <param name="Count">Entries; 1 for a single one.</param>
/// <param name="LastTce">Of a list, its last entry: the others are not in the trace.</param>
/// <param name="ReturnCode">What the guest got.</param>
internal readonly record struct TraceCall(
    int Line, ulong Number, ulong Liobn, ulong Ioba, ulong Argument, ulong Count, ulong LastTce, long ReturnCode);
