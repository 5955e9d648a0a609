using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>The NVM command set, NVM command set 1.0, 3.2.</content>
internal sealed partial class NvmeController
{
    private const uint ForceUnitAccess = 1u << 30;
    private const uint Deallocate = 1u << 25;
    private const uint DirectiveType = 0xfu << 20;
    private const uint AttributeDeallocate = 1 << 2;
    private const int RangeLength = 16;
    private const int MostRanges = 256;

    private readonly byte[] _ranges = new byte[MostRanges * RangeLength];

    private NvmeStatus ExecuteIo(SubmissionQueue queue, in NvmeCommand command)
    {
        if (command.Fuse != 0)
        {
            return NvmeStatus.InvalidField;
        }

        var opcode = (IoOpcode)command.Opcode;
        if (opcode == IoOpcode.Flush && command.Nsid == NvmeCommand.Broadcast)
        {
            return FlushAll(queue, command);
        }

        if (opcode is not (IoOpcode.Flush or IoOpcode.Write or IoOpcode.Read or IoOpcode.Compare or IoOpcode.WriteZeroes
            or IoOpcode.DatasetManagement or IoOpcode.Verify))
        {
            return NvmeStatus.InvalidOpcode;
        }

        if (Find(command.Nsid) is not { } ns)
        {
            return NvmeStatus.InvalidNamespace;
        }

        if (ns.IsFormatting)
        {
            return NvmeStatus.FormatInProgress;
        }

        return opcode switch
        {
            IoOpcode.Read => Read(queue, command, ns),
            IoOpcode.Write => Write(queue, command, ns),
            IoOpcode.Flush => Flush(queue, command, ns),
            IoOpcode.Compare => Compare(queue, command, ns),
            IoOpcode.WriteZeroes => WriteZeroes(queue, command, ns),
            IoOpcode.DatasetManagement => ManageDataset(queue, command, ns),
            _ => Verify(queue, command, ns),
        };
    }

    private NvmeStatus Read(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        var status = MapBlocks(command, ns, isToHost: true, out var offset);
        if (status == NvmeStatus.Success)
        {
            status = ns.Storage.IsSlow ? ReadSlow(queue, command, ns, offset) : _data.ReadStorage(ns.Storage, offset);
        }

        return status == NvmeStatus.Deferred ? status : CountRead(status, _data.Length);
    }

    private NvmeStatus Write(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        if ((command.Dword12 & DirectiveType) != 0)
        {
            return NvmeStatus.InvalidField;
        }

        if (ns.Storage.IsReadOnly)
        {
            return NvmeStatus.NamespaceWriteProtected;
        }

        var status = MapBlocks(command, ns, isToHost: false, out var offset);
        if (status == NvmeStatus.Success)
        {
            status = ns.Storage.IsSlow ? WriteLater(queue, command, ns, offset) : _data.WriteStorage(ns.Storage, offset);
        }

        return status == NvmeStatus.Deferred ? status : CountWrite(status, _data.Length);
    }

    private NvmeStatus Compare(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        var status = MapBlocks(command, ns, isToHost: false, out var offset);
        if (status == NvmeStatus.Success)
        {
            status = ns.Storage.IsSlow
                ? ReadLater(queue, command, ns, offset, _data.Length) : _data.CompareStorage(ns.Storage, offset);
        }

        return status == NvmeStatus.Deferred ? status : CountRead(status, _data.Length);
    }

    private NvmeStatus Verify(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        if (!ns.Contains(command.FirstBlock, command.BlockCount))
        {
            return NvmeStatus.LbaOutOfRange;
        }

        var length = (ulong)command.BlockCount << ns.BlockShift;
        if (length > HostData.LargestLength)
        {
            return NvmeStatus.InvalidField;
        }

        _bytesLeft -= (long)length;
        var offset = command.FirstBlock << ns.BlockShift;
        return ns.Storage.IsSlow
            ? ReadLater(queue, command, ns, offset, (int)length) : CountFault(_data.VerifyStorage(ns.Storage, offset, length));
    }

    private NvmeStatus Flush(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        if (ns.Storage is { IsReadOnly: true } or { IsSlow: false })
        {
            return NvmeStatus.Success;
        }

        var job = Begin(queue, command, ns.Alone);
        job.Flushes = true;
        return Start(job);
    }

    private NvmeStatus FlushAll(SubmissionQueue queue, in NvmeCommand command)
    {
        if (Array.TrueForAll(_namespaces, static ns => !ns.Storage.IsSlow || ns.Storage.IsReadOnly))
        {
            return NvmeStatus.Success;
        }

        var job = Begin(queue, command, _namespaces);
        job.Flushes = true;
        return Start(job);
    }

    private NvmeStatus WriteZeroes(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        if (ns.Storage.IsReadOnly)
        {
            return NvmeStatus.NamespaceWriteProtected;
        }

        if (!ns.Contains(command.FirstBlock, command.BlockCount))
        {
            return NvmeStatus.LbaOutOfRange;
        }

        _health.Writes++;
        var offset = command.FirstBlock << ns.BlockShift;
        var length = (ulong)command.BlockCount << ns.BlockShift;
        var deallocates = (command.Dword12 & Deallocate) != 0;
        if (!ns.Storage.IsSlow)
        {
            return ZeroNow(ns, offset, length, deallocates);
        }

        var job = Begin(queue, command, ns.Alone);
        job.Deallocates = deallocates;
        job.Flushes = (command.Dword12 & ForceUnitAccess) != 0 || !_features.HasWriteCache;
        job.Add(offset, length);
        return Start(job);
    }

    private NvmeStatus ManageDataset(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns)
    {
        var count = (int)(command.Dword10 & 0xff) + 1;
        var status = _data.Map(command, count * RangeLength, isToHost: false, allowsSgl: true);
        if (status == NvmeStatus.Success)
        {
            status = _data.FromHost(_ranges.AsSpan(0, count * RangeLength));
        }

        if (status != NvmeStatus.Success || (command.Dword11 & AttributeDeallocate) == 0)
        {
            // Other attributes are hints.
            return status;
        }

        if (ns.Storage.IsReadOnly)
        {
            return NvmeStatus.NamespaceWriteProtected;
        }

        for (var i = 0; i < count; i++)
        {
            if (!ns.Contains(RangeStart(i), RangeBlocks(i)))
            {
                return NvmeStatus.LbaOutOfRange;
            }
        }

        return ns.Storage.IsSlow ? DeallocateLater(queue, command, ns, count) : DeallocateNow(ns, count);
    }

    private NvmeStatus DeallocateNow(NvmeNamespace ns, int count)
    {
        var status = NvmeStatus.Success;
        for (var i = 0; i < count && status == NvmeStatus.Success; i++)
        {
            status = ZeroNow(ns, RangeStart(i) << ns.BlockShift, RangeBlocks(i) << ns.BlockShift, deallocate: true);
        }

        return status;
    }

    private NvmeStatus DeallocateLater(SubmissionQueue queue, in NvmeCommand command, NvmeNamespace ns, int count)
    {
        var job = Begin(queue, command, ns.Alone);
        job.Deallocates = true;
        job.Flushes = !_features.HasWriteCache;
        for (var i = 0; i < count; i++)
        {
            job.Add(RangeStart(i) << ns.BlockShift, RangeBlocks(i) << ns.BlockShift);
        }

        return Start(job);
    }

    private ulong RangeStart(int range) => BinaryPrimitives.ReadUInt64LittleEndian(_ranges.AsSpan((range * RangeLength) + 8));

    private ulong RangeBlocks(int range) => BinaryPrimitives.ReadUInt32LittleEndian(_ranges.AsSpan((range * RangeLength) + 4));

    /// <summary>Finds the host's data of a command that moves blocks.</summary>
    private NvmeStatus MapBlocks(in NvmeCommand command, NvmeNamespace ns, bool isToHost, out ulong offset)
    {
        offset = command.FirstBlock << ns.BlockShift;
        var length = (ulong)command.BlockCount << ns.BlockShift;
        if (length > HostData.LargestLength)
        {
            return NvmeStatus.InvalidField;
        }

        if (!ns.Contains(command.FirstBlock, command.BlockCount))
        {
            return NvmeStatus.LbaOutOfRange;
        }

        _bytesLeft -= (long)length;
        return _data.Map(command, (int)length, isToHost, allowsSgl: true);
    }
}
