using Viaduct.Abi;

namespace Viaduct.Pci;

/// <summary>What a uevent attribute takes (kobject_synth_uevent): an action's name, and an argument behind it that is not looked
/// at here. Nobody hears of it: events go by netlink, which is the host's.</summary>
internal static class UeventActions
{
    private static readonly string[] s_actions = ["add", "remove", "change", "move", "online", "offline", "bind", "unbind"];

    /// <summary>Checks what was written.</summary>
    /// <returns>Zero or EINVAL.</returns>
    public static SysResult Check(string text)
        => Array.Exists(s_actions, action => KernelText.IsSame(text.Split(' ')[0], action)) ? SysResult.Success : Errno.EINVAL;
}
