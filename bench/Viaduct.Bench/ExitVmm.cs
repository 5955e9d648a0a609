using System.Runtime.InteropServices;
using Viaduct.Kvm;

namespace Viaduct.Bench;

/// <summary>A VMM with the least that an exit costs it: a system call for KVM_RUN, and one for each entry, which it tells the container by an ioctl. Both are
/// getppid here.</summary>
/// <param name="vmm">What it does then.</param>
internal sealed partial class ExitVmm(ITceVmm vmm) : ITceVmm
{
    public long Answer(ulong number, ulong liobn, ulong ioba, ulong argument, ulong count, out ulong value)
    {
        var entries = number == Hcall.H_PUT_TCE ? 1 : count;
        for (var i = 0UL; i <= entries; i++)
        {
            _ = GetParent();
        }

        return vmm.Answer(number, liobn, ioba, argument, count, out value);
    }

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParent();
}
