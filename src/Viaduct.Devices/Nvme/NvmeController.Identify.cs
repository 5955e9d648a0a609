using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Identify, NVMe base 2.0, 5.17.</content>
internal sealed partial class NvmeController
{
    // Of data that a command makes, too: log pages.
    private const int PageLength = 4096;
    private const byte NvmCommandSetIdentifier = 0;

    private readonly byte[] _page = new byte[PageLength];

    private NvmeStatus Identify(in NvmeCommand command)
    {
        var page = _page.AsSpan();
        page.Clear();
        var structure = (IdentifyStructure)command.Dword10;
        var set = (byte)(command.Dword11 >> 24);
        var status = structure switch
        {
            IdentifyStructure.Controller => Describe(page),
            IdentifyStructure.ActiveNamespaces or IdentifyStructure.AllocatedNamespaces => ListNamespaces(command.Nsid, page),
            IdentifyStructure.NamespaceControllers or IdentifyStructure.Controllers => ListControllers(command, structure, page),
            IdentifyStructure.CommandSets => ListCommandSets(command, page),
            IdentifyStructure.CommandSetActiveNamespaces => OfSet(set) ?? ListNamespaces(command.Nsid, page),
            IdentifyStructure.CommandSetController => OfSet(set) ?? DescribeCommandSet(page),
            IdentifyStructure.CommandSetNamespace => OfSet(set) ?? IdentifyNamespace(command.Nsid, structure, page),
            IdentifyStructure.Namespace or IdentifyStructure.AllocatedNamespace or IdentifyStructure.NamespaceDescriptors
                or IdentifyStructure.IndependentNamespace => IdentifyNamespace(command.Nsid, structure, page),
            _ => NvmeStatus.InvalidField,
        };
        if (status == NvmeStatus.Success)
        {
            status = _data.Map(command, PageLength, isToHost: true, allowsSgl: false);
        }

        return status == NvmeStatus.Success ? _data.ToHost(page) : status;
    }

    private static NvmeStatus? OfSet(byte set) => set == NvmCommandSetIdentifier ? null : NvmeStatus.InvalidField;

    private NvmeStatus Describe(Span<byte> page)
    {
        IdentifyData.WriteController(page, _options, _namespaces);
        return NvmeStatus.Success;
    }

    private static NvmeStatus DescribeCommandSet(Span<byte> page)
    {
        IdentifyData.WriteNvmController(page);
        return NvmeStatus.Success;
    }

    private NvmeStatus IdentifyNamespace(uint id, IdentifyStructure structure, Span<byte> page)
    {
        if (Find(id) is not { } ns)
        {
            return NvmeStatus.InvalidNamespace;
        }

        switch (structure)
        {
            case IdentifyStructure.NamespaceDescriptors:
                IdentifyData.WriteDescriptors(page, _options, ns);
                break;
            case IdentifyStructure.IndependentNamespace:
                IdentifyData.WriteIndependent(page, ns);
                break;
            case IdentifyStructure.CommandSetNamespace:
                // No storage tags, no protection information: zeroes.
                break;
            default:
                IdentifyData.WriteNamespace(page, ns);
                break;
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus ListNamespaces(uint above, Span<byte> page)
    {
        if (above >= NvmeCommand.Broadcast - 1)
        {
            return NvmeStatus.InvalidNamespace;
        }

        var at = 0;
        foreach (var ns in _namespaces)
        {
            if (ns.Id > above && at < PageLength)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(page[at..], ns.Id);
                at += sizeof(uint);
            }
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus ListControllers(in NvmeCommand command, IdentifyStructure structure, Span<byte> page)
    {
        if (structure == IdentifyStructure.NamespaceControllers && Find(command.Nsid) is null)
        {
            return NvmeStatus.InvalidNamespace;
        }

        if (command.Dword10 >> 16 <= IdentifyData.ControllerId)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(page, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(page[2..], IdentifyData.ControllerId);
        }

        return NvmeStatus.Success;
    }

    private static NvmeStatus ListCommandSets(in NvmeCommand command, Span<byte> page)
    {
        var controller = command.Dword10 >> 16;
        if (controller is not (IdentifyData.ControllerId or ushort.MaxValue))
        {
            return NvmeStatus.InvalidField;
        }

        page[0] = 1 << NvmCommandSetIdentifier;
        return NvmeStatus.Success;
    }
}
