using Dispatcher.Store;

namespace Dispatcher.Web.Keys;

/// <summary>A key as it is shown: never the key itself.</summary>
internal record KeyView
{
    public required string Id { get; init; }

    public required string Tenant { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is worth nothing any more, by its age or because it was replaced.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public static KeyView Of(StoredKey key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Tenant = key.Tenant,
        Name = key.Name,
        Roles = key.Roles,
        Status = StatusOf(key, now),
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
    };

    private static string StatusOf(StoredKey key, DateTimeOffset now) => key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : "active";
}

/// <summary>A key that was just made. This is the only time that it is shown.</summary>
internal sealed record NewKeyView : KeyView
{
    /// <summary>The key itself; Dispatcher keeps only its hash.</summary>
    public required string Key { get; init; }

    public static NewKeyView Of(KeyAnswer.Made made, DateTimeOffset now)
    {
        var view = KeyView.Of(made.Key, now);
        return new NewKeyView
        {
            Id = view.Id,
            Tenant = view.Tenant,
            Name = view.Name,
            Roles = view.Roles,
            Status = view.Status,
            CreatedAt = view.CreatedAt,
            ExpiresAt = view.ExpiresAt,
            Key = made.Text,
        };
    }
}

/// <param name="Items">In the order of their making.</param>
internal sealed record KeyListView(IReadOnlyList<KeyView> Items);
