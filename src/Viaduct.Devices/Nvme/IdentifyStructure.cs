namespace Viaduct.Devices.Nvme;

/// <summary>CNS: what Identify is asked for (NVMe base 2.0, figure 273).</summary>
internal enum IdentifyStructure : byte
{
    Namespace = 0x00,
    Controller = 0x01,
    ActiveNamespaces = 0x02,
    NamespaceDescriptors = 0x03,
    CommandSetNamespace = 0x05,
    CommandSetController = 0x06,
    CommandSetActiveNamespaces = 0x07,
    IndependentNamespace = 0x08,
    AllocatedNamespaces = 0x10,
    AllocatedNamespace = 0x11,
    NamespaceControllers = 0x12,
    Controllers = 0x13,
    CommandSets = 0x1c,
}
