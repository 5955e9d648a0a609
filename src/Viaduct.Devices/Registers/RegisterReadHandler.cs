namespace Viaduct.Devices.Registers;

/// <summary>Answers loads from a register whose value is not simply what was stored.</summary>
/// <returns>The whole register's value, whatever part of it the access covers.</returns>
public delegate ulong RegisterReadHandler(in RegisterRead read);
