namespace Dispatcher.Steps.Admission;

/// <summary>What a stage knows of one tenant.</summary>
internal sealed class TenantAccount(string tenant)
{
    public string Tenant { get; } = tenant;

    public int Running { get; set; }

    public int Waiting { get; set; }

    /// <summary>At its own cap: its lines stand aside until one of its steps is released.</summary>
    public bool IsAside { get; set; }

    /// <summary>Its lines, at most one for each priority it has used; empty ones are kept for the next ticket.</summary>
    public List<TenantLine> Lines { get; } = [];

    public bool IsIdle => Running == 0 && Waiting == 0;
}

/// <summary>
/// The tenants of a stage. Idle accounts are kept, so that a tenant which comes and goes costs no allocation, and swept when they
/// are more than half of all: memory stays in proportion to the tenants at work, and the sweep's cost is spread over those that came.
/// </summary>
internal sealed class TenantAccounts
{
    private const int FirstSweep = 1_024;

    private readonly Dictionary<string, TenantAccount> _accounts = new(StringComparer.Ordinal);
    private int _sweepAt = FirstSweep;
    private TenantAccount? _last;

    public Dictionary<string, TenantAccount>.ValueCollection All => _accounts.Values;

    /// <summary>The account of a tenant that has one.</summary>
    public TenantAccount? Find(string tenant) => _accounts.GetValueOrDefault(tenant);

    public TenantAccount Of(string tenant)
    {
        // Most starts follow one of the same tenant, and the name is then the same string object more often than not.
        if (_last is { } last && string.Equals(last.Tenant, tenant, StringComparison.Ordinal)) return last;
        if (!_accounts.TryGetValue(tenant, out var account)) account = Add(tenant);
        return _last = account;
    }

    private TenantAccount Add(string tenant)
    {
        if (_accounts.Count >= _sweepAt) SweepIdle();
        var account = new TenantAccount(tenant);
        _accounts.Add(tenant, account);
        return account;
    }

    private void SweepIdle()
    {
        foreach (var (tenant, account) in _accounts)
        {
            if (account.IsIdle) _accounts.Remove(tenant);
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _accounts.Count);
    }
}
