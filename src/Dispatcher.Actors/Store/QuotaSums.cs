namespace Dispatcher.Store;

/// <summary>What a check of an account finds.</summary>
internal static class QuotaSums
{
    /// <param name="held">What its open holds add up to.</param>
    /// <param name="charged">What the ledger of this period says was charged within the limit.</param>
    /// <param name="beyond">The same beyond the limit.</param>
    public static string Fault(string tenant, string meter, long used, long overage, long reserved, long held, long charged, long beyond) =>
        $"The account of {tenant} for {meter} says {used} used, {overage} beyond the limit and {reserved} reserved; its ledger and holds add up to {charged}, {beyond} and {held}.";
}
