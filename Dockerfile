# syntax=docker/dockerfile:1
# One image, both binaries, no shell, no root. The role is chosen by the command (see compose.yaml).

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo xtask build --release \
 && install -D -m 0755 target/release/temizu /out/usr/bin/temizu \
 && install -D -m 0755 target/release/temizu-worker /out/usr/bin/temizu-worker \
 && install -d -m 0700 -o 65532 -g 65532 /out/var/lib/temizu \
 && install -D -m 0644 config/temizu.toml /out/etc/temizu/temizu.toml

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=0:0 /out/usr /usr
COPY --from=build --chown=0:0 /out/etc /etc
COPY --from=build --chown=65532:65532 /out/var/lib/temizu /var/lib/temizu
USER 65532:65532
VOLUME /var/lib/temizu
EXPOSE 2525
HEALTHCHECK --interval=30s --timeout=10s CMD ["/usr/bin/temizu", "healthcheck", "--smtp-listen", "127.0.0.1:2525"]
ENTRYPOINT ["/usr/bin/temizu"]
CMD ["serve", "--smtp-listen", "0.0.0.0:2525"]
