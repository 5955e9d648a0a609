namespace Viaduct.Devices.Nvme;

/// <summary>A completion queue that exists. The engine owns it.</summary>
internal sealed class CompletionQueue
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntryLength = 16;

    /// <summary>An empty queue.</summary>
    /// <param name="id">Queue identifier.</param>
    /// <param name="address">I/O virtual address of its first entry.</param>
    /// <param name="size">Entries, 2 to 4096.</param>
    /// <param name="vector">Interrupt vector.</param>
    /// <param name="interrupts">IEN: it interrupts.</param>
    public CompletionQueue(int id, ulong address, uint size, int vector, bool interrupts)
    {
        Id = id;
        Address = address;
        Size = size;
        Vector = vector;
        Interrupts = interrupts;
    }

    public int Id { get; }

    public ulong Address { get; }

    public uint Size { get; }

    public int Vector { get; }

    public bool Interrupts { get; }

    /// <summary>The entry that the host looks at next, as far as it has said so.</summary>
    public uint Head { get; set; }

    /// <summary>The entry that is written next.</summary>
    public uint Tail { get; set; }

    /// <summary>The phase tag of entries of this round.</summary>
    public bool Phase { get; set; } = true;

    /// <summary>Entries that commands under way in the background will need.</summary>
    public uint Reserved { get; set; }

    /// <summary>Submission queues that complete here.</summary>
    public int Users { get; set; }

    /// <summary>A submission queue waits for room here.</summary>
    public bool HasWaiters { get; set; }

    /// <summary>It could not be written: nothing of it is served any more.</summary>
    public bool IsBroken { get; set; }

    public uint Used => Tail >= Head ? Tail - Head : Size - Head + Tail;

    /// <summary>Entries that can be written and are promised to nobody.</summary>
    public uint Free => Size - 1 - Used - Reserved;

    /// <summary>Keeps an entry for a command that completes later.</summary>
    public void Reserve() => Reserved++;

    /// <summary>The entry that is written next has been.</summary>
    public void Advance()
    {
        Tail++;
        if (Tail == Size)
        {
            Tail = 0;
            Phase = !Phase;
        }
    }

    /// <summary>Takes the host's head; false where no such entry can have been looked at.</summary>
    public bool TrySetHead(uint head)
    {
        if (head >= Size)
        {
            return false;
        }

        var step = head >= Head ? head - Head : Size - Head + head;
        if (step > Used)
        {
            return false;
        }

        Head = head;
        return true;
    }
}
