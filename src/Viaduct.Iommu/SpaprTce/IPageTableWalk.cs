namespace Viaduct.Iommu.SpaprTce;

/// <summary>Translations that are in tables of their own and not in an <see cref="IoAddressSpace"/>'s map. Any thread may ask at any
/// time.</summary>
internal interface IPageTableWalk
{
    /// <summary>Looks an address up.</summary>
    /// <param name="iova">The bus address.</param>
    /// <param name="found">Receives the range around it that leads to one place, where that is, and what it allows.</param>
    /// <returns>False where it is not mapped; then <paramref name="found"/> holds nothing.</returns>
    bool TryWalk(ulong iova, ref TranslationCache found);
}
