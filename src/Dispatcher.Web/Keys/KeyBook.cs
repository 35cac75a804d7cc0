using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Web.Access;

namespace Dispatcher.Web.Keys;

/// <summary>Makes, replaces and revokes keys in a store; the same in a running server and on a data directory.</summary>
internal sealed class KeyBook(IAccessStore store, TimeProvider time)
{
    /// <summary>Keys of one tenant that are good at the same time.</summary>
    public const int TenantLimitKeys = 1000;

    private const int NameLimitCharacters = 100;

    private readonly IdGenerator _chance = new(time);

    /// <summary>True for roles that only the operator of the machine gives.</summary>
    public static bool IsOfTheMachine(IReadOnlyList<string> roles) => roles.Any(IsOfTheMachine);

    public async Task<KeyAnswer> Create(string tenant, string name, IReadOnlyList<string> roles, DateTimeOffset? expiresAt)
    {
        if (FaultIn(tenant, name, roles, expiresAt) is { } fault) return new KeyAnswer.Refused(KeyRefusal.InvalidKey, fault);
        if ((await store.ReadKeys()).Count(key => key.Tenant == tenant && IsGood(key)) >= TenantLimitKeys)
            return new KeyAnswer.Refused(KeyRefusal.TooManyKeys, $"The tenant {tenant} has {TenantLimitKeys} keys; revoke some that nobody uses.");
        return await Add(tenant, name, [.. roles.Distinct(StringComparer.Ordinal)], expiresAt);
    }

    /// <summary>Makes a successor with the same tenant, name, roles and lifetime; the old key stays good for the grace.</summary>
    /// <param name="tenant">Whose keys exist for the caller; null = everybody's.</param>
    public async Task<KeyAnswer> Rotate(string? tenant, string id, TimeSpan grace)
    {
        if (await Find(tenant, id) is not { } old) return Unknown(id);
        if (!IsGood(old)) return new KeyAnswer.Refused(KeyRefusal.KeyEnded, $"The key {id} has ended, so it cannot be replaced; make a new one.");
        var made = await Add(old.Tenant, old.Name, old.Roles, time.GetUtcNow() + (old.ExpiresAt - old.CreatedAt));
        if (grace > TimeSpan.Zero) await store.ExpireKey(id, time.GetUtcNow() + grace);
        else await store.RevokeKey(id, time.GetUtcNow());
        return made;
    }

    /// <summary>Ends a key at once; nothing happens when it had ended.</summary>
    /// <param name="tenant">Whose keys exist for the caller; null = everybody's.</param>
    public async Task<KeyAnswer> Revoke(string? tenant, string id)
    {
        if (await Find(tenant, id) is null) return Unknown(id);
        await store.RevokeKey(id, time.GetUtcNow());
        return new KeyAnswer.Ended();
    }

    /// <summary>In the order of their making, also ended ones.</summary>
    public async Task<IReadOnlyList<StoredKey>> List(string? tenant) =>
        [.. (await store.ReadKeys()).Where(key => Exists(key, tenant)).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    private async Task<KeyAnswer.Made> Add(string tenant, string name, IReadOnlyList<string> roles, DateTimeOffset? expiresAt)
    {
        while (true)
        {
            var (id, text) = ApiKey.New(_chance);
            var key = new StoredKey(id, tenant, name, roles, ApiKey.HashOf(text), time.GetUtcNow(), expiresAt, RevokedAt: null);
            if (await store.AddKey(key)) return new KeyAnswer.Made(key, text);
        }
    }

    private async Task<StoredKey?> Find(string? tenant, string id) =>
        (await store.ReadKeys()).FirstOrDefault(key => key.Id == id && Exists(key, tenant));

    /// <summary>A key of the machine is nobody's in a tenant, so that nobody there can replace it and have its successor.</summary>
    private static bool Exists(StoredKey key, string? tenant) => tenant is null || (key.Tenant == tenant && !IsOfTheMachine(key.Roles));

    private bool IsGood(StoredKey key) => key.RevokedAt is null && !(key.ExpiresAt <= time.GetUtcNow());

    private string? FaultIn(string tenant, string name, IReadOnlyList<string> roles, DateTimeOffset? expiresAt)
    {
        if (!TenantName.IsValid(tenant)) return $"'{tenant}' cannot name a tenant: 1 to 64 lower-case letters, digits, - and _, with a letter or digit at both ends.";
        if (name.Length > NameLimitCharacters || name.Any(char.IsControl)) return $"The name must have at most {NameLimitCharacters} printable characters.";
        if (roles.Count == 0) return $"A key needs a role: {RoleSet.Names}.";
        if (roles.FirstOrDefault(role => !RoleSet.TryParse(role, out _)) is { } unknown) return $"There is no role '{unknown}'; use {RoleSet.Names}.";
        if (IsOfTheMachine(roles) && !roles.All(IsOfTheMachine)) return "The roles monitor and cluster-admin are of the machine and the others are of a tenant: make a key for each.";
        return expiresAt <= time.GetUtcNow() ? "The key would have expired already; give a later time." : null;
    }

    private static bool IsOfTheMachine(string text) => RoleSet.TryParse(text, out var role) && role.IsOfTheMachine();

    private static KeyAnswer.Refused Unknown(string id) => new(KeyRefusal.UnknownKey, $"There is no key {id}; list the keys to see those that there are.");
}
