namespace Dispatcher.Store.Sqlite;

/// <summary>Keys and secrets.</summary>
internal sealed partial class SqliteReader
{
    public List<StoredKey> ReadKeys()
    {
        var keys = new List<StoredKey>();
        var statement = database.Statement(SqliteSql.ReadKeys);
        while (statement.Step())
        {
            keys.Add(new StoredKey(
                statement.Text(0),
                statement.Text(1),
                statement.Text(2),
                statement.Text(3).Split(' ', StringSplitOptions.RemoveEmptyEntries),
                statement.Bytes(4).ToArray(),
                statement.Time(5),
                statement.TimeOrNull(6),
                statement.TimeOrNull(7)));
        }

        statement.Reset();
        return keys;
    }

    public List<WebhookSecret> ReadWebhookSecrets(string tenant)
    {
        var secrets = new List<WebhookSecret>();
        var statement = database.Statement(SqliteSql.ReadSecrets);
        statement.Bind(1, tenant);
        while (statement.Step())
            secrets.Add(new WebhookSecret(statement.Text(0), statement.Text(1), statement.Bytes(2).ToArray(), statement.Time(3), statement.TimeOrNull(4)));
        statement.Reset();
        return secrets;
    }
}
