namespace Viaduct.Iommu;

/// <summary>A parameter of a kernel module, as /sys/module/MODULE/parameters/NAME shows it.</summary>
/// <param name="Module">The module's name.</param>
/// <param name="Name">The parameter's name.</param>
/// <param name="Value">Its value: N or Y, or a number.</param>
public readonly record struct ModuleParameter(string Module, string Name, string Value);
