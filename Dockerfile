# syntax=docker/dockerfile:1
# One image, both binaries and the libraries they load, nothing else: no shell, no package manager, no root.
# The role is chosen by the command (see compose.yaml).

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo xtask build --release \
 && install -D -m 0755 target/release/temizu /out/usr/bin/temizu \
 && install -D -m 0755 target/release/temizu-worker /out/usr/bin/temizu-worker \
 && install -D -m 0644 config/temizu.toml /out/etc/temizu/temizu.toml \
 && install -d -m 0700 -o 65532 -g 65532 /out/var/lib/temizu \
 && install -d -m 1777 /out/tmp \
 && ldd /out/usr/bin/temizu | grep -o '/[^ ]*' | xargs -I{} cp --parents --dereference {} /out \
 && cp --parents --dereference /etc/ssl/certs/ca-certificates.crt /etc/nsswitch.conf /out \
 && printf 'temizu:x:65532:65532::/var/lib/temizu:/nonexistent\n' > /out/etc/passwd

FROM scratch
COPY --from=build /out /
USER 65532:65532
VOLUME /var/lib/temizu
EXPOSE 2525
HEALTHCHECK --interval=30s --timeout=10s CMD ["/usr/bin/temizu", "healthcheck", "--smtp-listen", "127.0.0.1:2525"]
ENTRYPOINT ["/usr/bin/temizu"]
CMD ["serve", "--smtp-listen", "0.0.0.0:2525"]
