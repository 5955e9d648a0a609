namespace Viaduct.Driver;

/// <summary>That a device of a group is open: its end leaves the group.</summary>
internal sealed class GroupMembership(VfioContainer container, VfioGroup group, bool ownsContainer) : IDisposable
{
    public void Dispose()
    {
        container.Leave(group);
        if (ownsContainer)
        {
            container.Dispose();
        }
    }
}
