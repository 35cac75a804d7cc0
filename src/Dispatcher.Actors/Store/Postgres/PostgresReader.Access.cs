namespace Dispatcher.Store.Postgres;

/// <summary>Keys and secrets.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<IReadOnlyList<StoredKey>> ReadKeys() =>
        await Rows(Query(PostgresSql.ReadKeys), static row => new StoredKey(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            row.Bytes(4),
            row.Time(5),
            row.TimeOrNull(6),
            row.TimeOrNull(7)));

    public async ValueTask<IReadOnlyList<WebhookSecret>> ReadWebhookSecrets(string tenant)
    {
        var query = Query(PostgresSql.ReadSecrets);
        query.Bind(tenant);
        return await Rows(query, static row => new WebhookSecret(row.GetString(0), row.GetString(1), row.Bytes(2), row.Time(3), row.TimeOrNull(4)));
    }
}
