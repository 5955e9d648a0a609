namespace Viaduct.Devices.Nvme;

/// <summary>A submission queue that exists. The engine owns it.</summary>
internal sealed class SubmissionQueue
{
    /// <summary>An empty queue.</summary>
    /// <param name="id">Queue identifier.</param>
    /// <param name="address">I/O virtual address of its first entry.</param>
    /// <param name="size">Entries, 2 to 4096.</param>
    /// <param name="completions">Where its commands complete.</param>
    public SubmissionQueue(int id, ulong address, uint size, CompletionQueue completions)
    {
        Id = id;
        Address = address;
        Size = size;
        Completions = completions;
        completions.Users++;
    }

    public int Id { get; }

    public ulong Address { get; }

    public uint Size { get; }

    public CompletionQueue Completions { get; }

    /// <summary>The entry that is fetched next.</summary>
    public uint Head { get; set; }

    /// <summary>The entry behind the last that the host has filled in.</summary>
    public uint Tail { get; set; }

    /// <summary>Its commands that are under way in the background.</summary>
    public int InFlight { get; set; }

    /// <summary>It could not be read: nothing of it is served any more.</summary>
    public bool IsBroken { get; set; }

    /// <summary>It is gone as soon as nothing is in flight.</summary>
    public bool IsDeleting { get; set; }

    /// <summary>The command that deletes it.</summary>
    public ushort DeleteIdentifier { get; set; }

    public uint Waiting => Tail >= Head ? Tail - Head : Size - Head + Tail;

    /// <summary>Entries that wait and lie one behind the other.</summary>
    public uint Contiguous => Tail >= Head ? Tail - Head : Size - Head;

    public void Advance()
    {
        Head++;
        if (Head == Size)
        {
            Head = 0;
        }
    }
}
