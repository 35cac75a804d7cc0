using System.Text;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IAccessStore"/> promises.</summary>
public abstract class AccessStoreConformance : StoreConformance
{
    private IAccessStore Access => (IAccessStore)Store;

    [Fact]
    public async Task Keys_AreGivenAsTheyWereStored_AlsoAfterAReopening()
    {
        var plain = Key("k1");
        var full = Key("k2") with { Name = "Büro 日本", Roles = ["viewer", "admin"], ExpiresAt = Noon.AddDays(1), RevokedAt = Noon.AddHours(1) };
        Assert.Empty(await Access.ReadKeys());

        Assert.True(await Access.AddKey(plain));
        Assert.True(await Access.AddKey(full));
        await Reopen();

        Assert.Equal([Describe(plain), Describe(full)], (await Access.ReadKeys()).Select(Describe).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AddKey_KeepsTheFirst_UnderItsId()
    {
        await Access.AddKey(Key("k1"));

        Assert.False(await Access.AddKey(Key("k1") with { Tenant = "other" }));
        Assert.True(await Access.AddKey(Key("k2")));
        Assert.Equal(["acme", "acme"], (await Access.ReadKeys()).Select(key => key.Tenant));
    }

    [Fact]
    public async Task RevokeKey_KeepsTheFirstTime_WhenItIsGivenSeveral()
    {
        await Access.AddKey(Key("k1"));
        await Access.AddKey(Key("k2"));

        Assert.True(await Access.RevokeKey("k1", Noon.AddHours(24)));
        Assert.False(await Access.RevokeKey("k1", Noon.AddHours(1)));
        Assert.False(await Access.RevokeKey("nobody", Noon));

        var keys = (await Access.ReadKeys()).ToDictionary(key => key.Id, key => key.RevokedAt, StringComparer.Ordinal);
        Assert.Equal((Noon.AddHours(24), null), (keys["k1"], keys["k2"]));
    }

    [Fact]
    public async Task ExpireKey_KeepsTheEarliestTime_WhenItIsGivenSeveral()
    {
        await Access.AddKey(Key("k1"));
        await Access.AddKey(Key("k2"));

        Assert.True(await Access.ExpireKey("k1", Noon.AddHours(24)));
        Assert.True(await Access.ExpireKey("k1", Noon.AddHours(1)));
        Assert.False(await Access.ExpireKey("k1", Noon.AddHours(1)));
        Assert.False(await Access.ExpireKey("k1", Noon.AddHours(2)));
        Assert.False(await Access.ExpireKey("nobody", Noon));

        var keys = (await Access.ReadKeys()).ToDictionary(key => key.Id, key => (key.ExpiresAt, key.RevokedAt), StringComparer.Ordinal);
        Assert.Equal(((Noon.AddHours(1), null), (null, null)), (keys["k1"], keys["k2"]));
    }

    [Fact]
    public async Task Secrets_AreGivenNewestFirst_OfOneTenant()
    {
        await Access.AddWebhookSecret(Secret("s1", Noon), Noon);
        await Access.AddWebhookSecret(Secret("s2", Noon.AddHours(1)), Noon.AddHours(2));
        await Access.AddWebhookSecret(Secret("s3", Noon) with { Tenant = "other" }, Noon);
        await Reopen();

        var secrets = await Access.ReadWebhookSecrets("acme");
        Assert.Equal([("s2", "secret of s2"), ("s1", "secret of s1")], secrets.Select(secret => (secret.Id, Text(secret.Secret))));
        Assert.Equal("s3", Assert.Single(await Access.ReadWebhookSecrets("other")).Id);
        Assert.Empty(await Access.ReadWebhookSecrets("nobody"));
    }

    [Fact]
    public async Task AddWebhookSecret_LetsTheOthersExpire_AndNotLaterThanTheyWould()
    {
        await Access.AddWebhookSecret(Secret("s1", Noon), Noon);
        await Access.AddWebhookSecret(Secret("s2", Noon.AddHours(1)), Noon.AddHours(5));
        await Access.AddWebhookSecret(Secret("s3", Noon.AddHours(2)), Noon.AddHours(9));

        var expiries = (await Access.ReadWebhookSecrets("acme")).Select(secret => (secret.Id, secret.ExpiresAt));
        Assert.Equal([("s3", null), ("s2", Noon.AddHours(9)), ("s1", Noon.AddHours(5))], expiries);
    }

    [Fact]
    public async Task AddWebhookSecret_ChangesNothing_WhenTheIdIsTaken()
    {
        await Access.AddWebhookSecret(Secret("s1", Noon), Noon);

        await Assert.ThrowsAnyAsync<StoreException>(async () => await Access.AddWebhookSecret(Secret("s1", Noon.AddHours(1)), Noon.AddHours(5)));

        Assert.Null(Assert.Single(await Access.ReadWebhookSecrets("acme")).ExpiresAt);
    }

    private static StoredKey Key(string id) =>
        new(id, "acme", $"key {id}", ["operator"], Encoding.UTF8.GetBytes($"hash of {id}"), Noon, ExpiresAt: null, RevokedAt: null);

    private static WebhookSecret Secret(string id, DateTimeOffset createdAt) =>
        new(id, "acme", Encoding.UTF8.GetBytes($"secret of {id}"), createdAt, ExpiresAt: null);

    private static string Describe(StoredKey key) => $"{key with { Roles = [], Hash = default }} {string.Join(',', key.Roles)} {Text(key.Hash)}";
}
