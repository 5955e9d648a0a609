using System.Runtime.CompilerServices;
using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Memory;

/// <summary>
/// 64-bit words in a memory file that others may map, in the machine's byte order. Nobody can change the file's size. Any thread may
/// read and write, each word at once; pages take memory from the first access to them on.
/// <para>The mapping goes when nobody refers to this object any more, so that a thread in the middle of an access is safe.</para>
/// </summary>
public sealed unsafe class SharedWords
{
    private readonly MemoryMapping _mapping;
    private readonly ulong* _words;

    private SharedWords(MemoryMapping mapping)
    {
        _mapping = mapping;
        _words = (ulong*)mapping.Address;
        Count = mapping.Length / sizeof(ulong);
    }

    /// <summary>How many words.</summary>
    public ulong Count { get; }

    /// <summary>The file, for whoever is to map it; open as long as this object.</summary>
    public FileDescriptorHandle File => _mapping.File!;

    /// <summary>Makes words, all zero.</summary>
    /// <param name="name">What /proc/PID/maps shows.</param>
    /// <param name="count">How many, above zero; a multiple of 512.</param>
    /// <param name="words">The words; null after an error.</param>
    /// <returns>Zero, or ENOMEM, EINVAL, EFBIG, EMFILE.</returns>
    public static SysResult Create(string name, ulong count, out SharedWords? words)
    {
        words = null;
        if (count > (ulong)long.MaxValue / sizeof(ulong))
        {
            return Errno.ENOMEM;
        }

        var result = MemoryMapping.AllocateShared(name, (nuint)(count * sizeof(ulong)), out var mapping);
        if (!result.IsError)
        {
            words = new SharedWords(mapping!);
        }

        return result;
    }

    /// <summary>Reads a word.</summary>
    /// <param name="index">Below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var value = Volatile.Read(ref _words[index]);
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Writes a word.</summary>
    /// <param name="index">Below <see cref="Count"/>.</param>
    /// <param name="value">What.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong index, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        Volatile.Write(ref _words[index], value);
        GC.KeepAlive(this);
    }

    /// <summary>Writes words that follow each other.</summary>
    /// <param name="index">The first one's.</param>
    /// <param name="values">What; the last one's index is below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public void Write(ulong index, ReadOnlySpan<ulong> values)
    {
        Check(index, (ulong)values.Length);
        values.CopyTo(new Span<ulong>(_words + index, values.Length));
        GC.KeepAlive(this);
    }

    /// <summary>Writes one value to words that follow each other.</summary>
    /// <param name="index">The first one's.</param>
    /// <param name="count">How many; the last one's index is below <see cref="Count"/>.</param>
    /// <param name="value">What.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public void Fill(ulong index, int count, ulong value)
    {
        Check(index, (ulong)count);
        new Span<ulong>(_words + index, count).Fill(value);
        GC.KeepAlive(this);
    }

    /// <summary>All words are zero again, and take no memory.</summary>
    public void Clear() => _mapping.Clear();

    private void Check(ulong index, ulong count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - index);
    }
}
