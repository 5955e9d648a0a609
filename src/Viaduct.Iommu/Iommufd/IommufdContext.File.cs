using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>Files as memory, and the process that takes them over.</content>
public sealed partial class IommufdContext
{
    private SysResult MapFile(IommufdCall call)
    {
        var read = call.Read(IommuIoasMapFile.StructSize, out IommuIoasMapFile command);
        if (read.IsError)
        {
            return read;
        }

        var valid = Check(new IommuIoasMap { Flags = command.Flags, Length = command.Length, Iova = command.Iova });
        if (valid.IsError)
        {
            return valid;
        }

        lock (_lock)
        {
            if (!TryFindIoas(command.IoasId, out var ioas))
            {
                return Errno.ENOENT;
            }

            if (command.Length == 0)
            {
                return Errno.EINVAL;
            }

            if (command.Start + (command.Length - 1) < command.Start)
            {
                return Errno.EOVERFLOW;
            }

            var found = _files.GetFileMemory(call.Caller, command.Fd, out var file);
            if (found.IsError)
            {
                return found;
            }

            var access = AccessOf(command.Flags);
            var pages = new IoasFilePages(
                IoasPayer.Of(call.Caller, _countsByProcess), file!, (access & DmaAccess.Write) != 0);
            var mapped = MapPages(
                call.Caller, ioas, pages, command.Start, command.Length, access, IsFixed(command.Flags), ref command.Iova);
            return mapped.IsError ? mapped : call.Respond(IommuIoasMapFile.StructSize, command);
        }
    }

    /// <summary>iommufd_ioas_change_process: the caller pays from here on for all that is mapped, which must be files' memory.</summary>
    private SysResult ChangeProcess(IommufdCall call)
    {
        var read = call.Read(IommuIoasChangeProcess.StructSize, out IommuIoasChangeProcess command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            var all = _objects.All.OfType<Ioas>().SelectMany(ioas => ioas.AllPages()).Distinct().ToArray();
            if (Array.Exists(all, static pages => !pages.CanChangeProcess))
            {
                return Errno.EINVAL;
            }

            return ChangePayer(call.Caller, all);
        }
    }

    /// <summary>All or none.</summary>
    private SysResult ChangePayer(ClientTask caller, IoasPages[] all)
    {
        var payer = IoasPayer.Of(caller, _countsByProcess);
        var total = all.Aggregate(0UL, (sum, pages) => sum + pages.PagesToCharge(payer));
        var charged = payer.Charge(caller, total);
        if (charged.IsError)
        {
            return charged;
        }

        foreach (var pages in all)
        {
            pages.SetPayer(payer);
        }

        return SysResult.Success;
    }
}
