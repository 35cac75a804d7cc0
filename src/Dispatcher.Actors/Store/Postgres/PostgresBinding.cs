using Dispatcher.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Binds the parameters of a statement of a batch in their order: $1, $2 and so on. Typed, so that no type is guessed.</summary>
internal static class PostgresBinding
{
    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long value) => Typed(command, value);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, int value) => Typed(command, value);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, JobId id) => Typed(command, id.Value);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, ReadOnlyMemory<byte> bytes) => Typed(command, bytes);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, int[] values) => Typed(command, values);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, string[] values) => Typed(command, values);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, long[] values) => Typed(command, values);

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, IReadOnlyList<JobId> ids)
    {
        var values = new Guid[ids.Count];
        for (var i = 0; i < values.Length; i++) values[i] = ids[i].Value;
        return Typed(command, values);
    }

    /// <summary>Text as the database can hold it (<see cref="PostgresText.Clean"/>), or null.</summary>
    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, string? text) =>
        text is null ? Null(command, NpgsqlDbType.Text) : Typed(command, PostgresText.Clean(text));

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, DateTimeOffset time) =>
        Typed(command, StoredTime.ToMicroseconds(time));

    public static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, DateTimeOffset? time) =>
        time is { } value ? command.Bind(value) : Null(command, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand BindInteger(this NpgsqlBatchCommand command, int? value) =>
        value is { } number ? Typed(command, number) : Null(command, NpgsqlDbType.Integer);

    private static NpgsqlBatchCommand Typed<T>(NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    private static NpgsqlBatchCommand Null(NpgsqlBatchCommand command, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = type });
        return command;
    }
}
