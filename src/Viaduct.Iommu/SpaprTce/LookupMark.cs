using System.Runtime.CompilerServices;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// By which those who take something away know that a thread which looks things up without a lock may still have it: what a
/// read-side section of RCU is in the kernel. One thread at a time enters; marks do not nest.
/// <para>Entering is a plain store. Who takes away first makes the thing impossible to find, then calls
/// <see cref="Synchronize"/>, which makes all processors of this process pass a full fence. A thread that marked itself before the
/// fence is seen and waited for; one that did later looks things up later too, and finds nothing: what it has kept from before is
/// not good any more, by <see cref="Changes"/>.</para>
/// </summary>
public sealed class LookupMark
{
    // Odd: inside.
    private long _epoch;
    private long _changes = 1;

    /// <summary>
    /// How often something that can be found was taken away or changed, counted from 1. The owner may keep what it finds beyond
    /// <see cref="Leave"/>: it is still good if, inside again, this is what it was before the thing was looked up.
    /// </summary>
    public long Changes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _changes);
    }

    /// <summary>The owner: from here on what it finds stays until <see cref="Leave"/>.</summary>
    /// <returns>What to leave with.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Enter()
    {
        var epoch = _epoch + 1;
        Volatile.Write(ref _epoch, epoch);
        return epoch;
    }

    /// <summary>The owner: it has let go of all that it found.</summary>
    /// <param name="entered">What <see cref="Enter"/> returned.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave(long entered) => Volatile.Write(ref _epoch, entered + 1);

    /// <summary>Waits until nobody has what nobody can find any more. Must not be called by a thread that is inside.</summary>
    /// <param name="marks">Those of all who looked it up.</param>
    public static void Synchronize(ReadOnlySpan<LookupMark> marks)
    {
        if (marks.IsEmpty)
        {
            return;
        }

        Change(marks);
        Interlocked.MemoryBarrierProcessWide();
        foreach (var mark in marks)
        {
            mark.Wait();
        }
    }

    /// <summary>Something can be found in another way than before. Who is inside may still go on with what it has found.</summary>
    /// <param name="marks">Those of all who look it up.</param>
    public static void Change(ReadOnlySpan<LookupMark> marks)
    {
        foreach (var mark in marks)
        {
            Interlocked.Increment(ref mark._changes);
        }
    }

    private void Wait()
    {
        var epoch = Volatile.Read(ref _epoch);
        var spinner = default(SpinWait);
        while ((epoch & 1) != 0 && Volatile.Read(ref _epoch) == epoch)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }
}
