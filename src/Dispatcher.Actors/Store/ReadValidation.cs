namespace Dispatcher.Store;

/// <summary>Mistakes of a reader, refused by every store alike.</summary>
internal static class ReadValidation
{
    private const int PageLimit = 1000;
    private const int IdsLimit = 1000;

    /// <exception cref="ArgumentException">A limit out of its range, or terms without a tenant.</exception>
    public static void Validate(JobQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1, nameof(query));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, PageLimit, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(query.ScanLimit, 1, nameof(query));
        if (query.Terms.Count > 0 && query.Tenant is null) throw new ArgumentException("Terms are looked up within a tenant: name it.", nameof(query));
    }

    /// <exception cref="ArgumentOutOfRangeException">Too many ids or queries at once.</exception>
    public static void Validate<T>(IReadOnlyList<T> asked) => ArgumentOutOfRangeException.ThrowIfGreaterThan(asked.Count, IdsLimit, nameof(asked));
}
