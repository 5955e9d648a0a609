using System.Globalization;
using Viaduct.Abi;

namespace Viaduct.Iommu;

/// <summary>A parameter of a kernel module, as /sys/module/MODULE/parameters/NAME shows and takes it.</summary>
/// <param name="module">The module's name.</param>
/// <param name="name">The parameter's name.</param>
/// <param name="show">Its value as text.</param>
/// <param name="store">Takes a value as it was written; null for a parameter that cannot be changed.</param>
public sealed class ModuleParameter(string module, string name, Func<string> show, Func<string, SysResult>? store)
{
    /// <summary>The module's name.</summary>
    public string Module { get; } = module;

    /// <summary>The parameter's name.</summary>
    public string Name { get; } = name;

    /// <summary>It can be written.</summary>
    public bool IsWritable => store is not null;

    /// <summary>A flag: N or Y (param_set_bool).</summary>
    /// <param name="module">The module's name.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="get">The value.</param>
    /// <param name="set">Takes a new one; null for a parameter that cannot be changed.</param>
    public static ModuleParameter Flag(string module, string name, Func<bool> get, Action<bool>? set)
        => new(module, name, () => get() ? "Y" : "N", set is null ? null : text =>
        {
            var parsed = KernelText.ParseBool(text, out var value);
            if (!parsed.IsError)
            {
                set(value);
            }

            return parsed;
        });

    /// <summary>A number of 32 bits (param_set_uint).</summary>
    /// <param name="module">The module's name.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="get">The value.</param>
    /// <param name="set">Takes a new one.</param>
    public static ModuleParameter Number(string module, string name, Func<uint> get, Action<uint> set)
        => new(module, name, () => get().ToString(CultureInfo.InvariantCulture), text =>
        {
            var parsed = KernelText.ParseUnsigned(text, uint.MaxValue, out var value);
            if (!parsed.IsError)
            {
                set((uint)value);
            }

            return parsed;
        });

    /// <summary>Its value as text, without a newline.</summary>
    public string Show() => show();

    /// <summary>Takes a value as it was written.</summary>
    /// <returns>Zero; EINVAL or ERANGE; EACCES where it cannot be changed.</returns>
    public SysResult Store(string text) => store?.Invoke(text) ?? Errno.EACCES;
}
